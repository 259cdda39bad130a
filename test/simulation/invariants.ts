import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { PassResult } from '../../engine/controller/result.ts';
import type { Change } from '../../engine/core/decision.ts';
import type { CheckResult } from '../../engine/core/observation.ts';
import {
  canaryFolders,
  controlPath,
  isOthersPath,
  othersTwin,
  recordPath,
} from '../../engine/core/paths.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';
import { transition } from '../../engine/core/transition.ts';
import { parseControl } from '../../engine/render/control-file.ts';
import { parseRecord } from '../../engine/render/record-file.ts';
import { parseTrailers } from '../support/trailers.ts';
import {
  folderText,
  type SimulatedCommit,
  type SimulatedRepository,
} from './simulated-repository.ts';

/** What must hold of every single commit, checked as soon as it stands on the branch. */
export function checkCommit(repository: SimulatedRepository, commit: SimulatedCommit): void {
  checkPlaces(commit);
  if (commit.foreign) return;
  const trailers = new Map(parseTrailers(commit.message).map(({ key, value }) => [key, value]));
  const canary = trailers.get('Canary');
  const decision = trailers.get('Decision');
  if (trailers.has('Control')) {
    checkPaths(commit, (path) => path === controlPath(canary as RolloutRecord['canary']));
    return;
  }
  assert.ok(decision !== undefined, 'a commit says what was decided');
  if (decision === 'carry-over') {
    checkPaths(commit, (path) => isOthersPath(path));
    return;
  }
  assert.ok(canary !== undefined, 'a decision names its canary');
  const key = canary as RolloutRecord['canary'];
  checkOwnedPaths(commit, key);
  if (decision === 'heal') return;
  const before = recordAt(commit.parent, key);
  const after = recordAt(commit, key);
  if (decision === 'terminated') {
    assert.deepEqual(ownedPaths(commit, key), [], 'something of a canary is left');
    return;
  }
  assert.ok(after !== undefined, 'a decision leaves a record');
  assert.equal(after.weights.primary + after.weights.canary, 100);
  assert.equal(String(after.weights.canary), trailers.get('Weight'));
  assert.equal(after.phase, trailers.get('Phase'));
  checkRoutes(commit, key, after);
  checkTransition(commit, before, after, decision);
  checkRise(commit, before, after, decision);
  checkThreshold(before, decision);
  checkPeople(commit, key, decision);
  if (decision === 'rollback' || decision === 'withdraw') {
    checkRollback(repository, commit, key, after);
  }
}

/** What was true of a canary when a pass began. */
export interface WorldBefore {
  /** Its target is there without a ready pod. */
  readonly isDown: boolean;
  /** The counters say that its requests follow older weights than the routing object's. */
  readonly isKnownNotToFollow: boolean;
}

const AWAITS_EFFECT = ['analysis', 'shift-live', 'traffic-on-primary', 'traffic-on-target'];
const NEVER_HELD_BACK = [
  'rollback',
  'withdraw',
  'restart',
  'reconcile',
  'fail-promotion',
  'terminate',
  'return-to-primary',
  'resume',
  'terminated',
];
const TAKES_TRAFFIC_AWAY = ['rollback', 'withdraw', 'restart', 'terminated'];

/**
 * What a decision owes to the world it was taken in: nothing goes on while the data plane is known to
 * follow older weights, and a canary with weight and without a pod loses its traffic first.
 */
export function checkWorld(
  commit: SimulatedCommit,
  worlds: ReadonlyMap<RolloutRecord['canary'], WorldBefore>,
): void {
  const trailers = new Map(parseTrailers(commit.message).map(({ key, value }) => [key, value]));
  const canary = trailers.get('Canary') as RolloutRecord['canary'] | undefined;
  const decision = trailers.get('Decision') ?? '';
  const world = canary === undefined ? undefined : worlds.get(canary);
  const before = canary === undefined ? undefined : recordAt(commit.parent, canary);
  // What is urgent comes with it, as a commit of its own.
  if (world === undefined || before === undefined || decision === 'heal') return;
  if (world.isKnownNotToFollow && AWAITS_EFFECT.includes(before.awaiting)) {
    const isFree = NEVER_HELD_BACK.includes(decision) || isWithoutAnalysis(commit);
    assert.ok(isFree, `${decision} while the old weights are followed`);
  }
  if (world.isDown && isAnalysed(before) && before.weights.canary > 0) {
    assert.ok(TAKES_TRAFFIC_AWAY.includes(decision), `${decision} while no pod is ready`);
  }
  if (world.isDown) {
    const isMove = decision === 'move-to-target' || decision === 'drop-routes';
    assert.ok(!isMove, `${decision} while the target has no ready pod`);
  }
}

/** Who asks for a promotion without analysis does not care what the traffic does. */
function isWithoutAnalysis({ message }: SimulatedCommit): boolean {
  return /^.*\((promoted by control\.yaml|analysis skipped)\)$/m.test(message.split('\n')[0] ?? '');
}

/** A server that takes so many pushes and no more never has to say so, nor when to come back. */
export function checkRequests({ refused, wasted }: SimulatedRepository): void {
  assert.equal(refused, 0, 'a push was one too many');
  assert.equal(wasted, 0, 'the server was asked before that was welcome');
}

/** No canary waits for anything but its push while it has weight and no ready pod. */
export function checkWaits(
  { canaries, queue }: PassResult,
  worlds: ReadonlyMap<RolloutRecord['canary'], WorldBefore>,
): void {
  const pushing = new Set(
    queue.filter(({ lane }) => lane === 'urgent').map(({ canary }) => canary),
  );
  for (const { canary, record, result } of canaries) {
    if (result.kind !== 'waiting' || worlds.get(canary)?.isDown !== true) continue;
    if (pushing.has(canary)) continue;
    const isExposed = record !== undefined && isAnalysed(record) && record.weights.canary > 0;
    assert.ok(!isExposed, `${canary} waits while no pod is ready: ${result.why}`);
  }
}

function isAnalysed({ phase }: RolloutRecord): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion';
}

export function recordAt(
  commit: SimulatedCommit | undefined,
  canary: RolloutRecord['canary'],
): RolloutRecord | undefined {
  const text = commit?.files.get(recordPath(canary));
  if (text === undefined) return undefined;
  const parsed = parseRecord(text, canary);
  assert.equal(parsed.kind, 'record');
  return parsed.kind === 'record' ? parsed.record : undefined;
}

/** Files outside the canary's own folders are byte-identical before and after. */
function checkOwnedPaths(commit: SimulatedCommit, canary: RolloutRecord['canary']): void {
  const own = Object.values(canaryFolders(canary)).map((folder) => `${folder}/`);
  const name = canary.split('/')[1];
  // What it takes over, or leaves to others, is called like it.
  const moving = new RegExp(`^(workloads|traffic)/default/_other/[a-z]+-${name}\\.yaml$`);
  checkPaths(commit, (path) => own.some((folder) => path.startsWith(folder)) || moving.test(path));
}

/** What a canary has on the branch, without what people wrote to it. */
export function ownedPaths(
  commit: SimulatedCommit,
  canary: RolloutRecord['canary'],
): readonly string[] {
  const own = Object.values(canaryFolders(canary)).map((folder) => `${folder}/`);
  return [...commit.files.keys()].filter(
    (path) => path !== controlPath(canary) && own.some((folder) => path.startsWith(folder)),
  );
}

/** Every object stands in one place of the branch, whatever tree that is in. */
function checkPlaces({ files }: SimulatedCommit): void {
  const manifests = [...files.keys()].filter((path) => /^(workloads|traffic)\//.test(path));
  const homes = Map.groupBy(manifests, (path) => othersTwin(path) ?? path);
  const twice = [...homes.values()].find((paths) => paths.length > 1);
  assert.equal(twice, undefined, 'an object stands in two places');
}

function checkPaths(commit: SimulatedCommit, isOwned: (path: string) => boolean): void {
  const paths = new Set([...commit.files.keys(), ...(commit.parent?.files.keys() ?? [])]);
  for (const path of paths) {
    if (isOwned(path)) continue;
    assert.equal(commit.files.get(path), commit.parent?.files.get(path), `${path} is not owned`);
  }
}

/** Weights sum to 100, both destinations are there, and they are those of the record. */
function checkRoutes(
  commit: SimulatedCommit,
  canary: RolloutRecord['canary'],
  record: RolloutRecord,
): void {
  for (const [path, text] of commit.files) {
    if (!path.startsWith(`${canaryFolders(canary).traffic}/virtualservice-`)) continue;
    if (commit.parent?.files.get(path) === text) continue;
    const route = (parse(text) as { spec: { http: { route: { weight: number }[] }[] } }).spec
      .http[0]?.route;
    assert.deepEqual(
      route?.map(({ weight }) => weight),
      [record.weights.primary, record.weights.canary],
    );
  }
}

/** The record follows from its parent's record and the evidence that was committed with it. */
function checkTransition(
  commit: SimulatedCommit,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
  decision: string,
): void {
  const { rollout, weights, configDigest } = after;
  const release =
    decision === 'create-primary'
      ? after.promoted
      : decision === 'terminate'
        ? after.returned
        : { revision: rollout?.revision, source: rollout?.source };
  const checks = checksIn(commit);
  const change = {
    kind: decision,
    reason: 'as committed',
    release,
    weights,
    configDigest,
    base: rollout?.base,
    attempt: rollout?.attempt,
    strategyDigest: rollout?.strategyDigest,
    ...(rollout?.hooksOwed === undefined ? {} : { hooksOwed: true }),
    ...(after.mirrored === undefined ? {} : { mirrored: true }),
    ...(rollout?.iterations === before?.rollout?.iterations
      ? {}
      : { iterations: rollout?.iterations }),
    ...(checks.length > 0 ? { checks } : {}),
  } as unknown as Change;
  assert.equal(commit.atMs, after.decidedAtMs);
  const isNewStep = before?.weights.canary !== after.weights.canary;
  const { containedMs, appliedMs, effectiveMs } =
    (isNewStep ? after.previousStep : after.step) ?? {};
  const moments = {
    ...(containedMs === undefined ? {} : { containedMs }),
    ...(appliedMs === undefined ? {} : { appliedMs }),
    ...(effectiveMs === undefined ? {} : { effectiveMs }),
  };
  assert.deepEqual(after, transition(after.canary, before, change, commit.atMs, moments));
}

function checksIn(commit: SimulatedCommit): readonly CheckResult[] {
  const evidence = [...commit.files].find(
    ([path, text]) => path.includes('/evidence/') && commit.parent?.files.get(path) !== text,
  );
  if (evidence === undefined) return [];
  return (JSON.parse(evidence[1]) as { checks: readonly CheckResult[] }).checks;
}

/** The canary's weight never rises without a passed analysis since the last rise. */
function checkRise(
  commit: SimulatedCommit,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
  decision: string,
): void {
  const rise = after.weights.canary - (before?.weights.canary ?? 0);
  if (rise <= 0) return;
  if (decision === 'fail-promotion') {
    assert.equal(before?.phase, 'Promoting');
    return;
  }
  if (decision === 'move-to-target') {
    assert.equal(before?.awaiting, 'target-ready');
    return;
  }
  assert.equal(decision, 'advance');
  const checks = checksIn(commit);
  assert.ok(checks.every(({ verdict }) => verdict === 'pass'));
  if (before?.awaiting === 'canary-ready') assert.equal(before.weights.canary, 0);
  else assert.ok(checks.some(({ kind }) => kind === 'metric'));
}

const GOES_ON = [
  'open-routing',
  'initialized',
  'start',
  'advance',
  'promote',
  'skip-analysis',
  'shift',
  'finish',
  'halt',
];

/** Nothing goes on while a person has paused the canary, or while nobody can read what they want. */
function checkPeople(
  { parent }: SimulatedCommit,
  canary: RolloutRecord['canary'],
  decision: string,
): void {
  const path = controlPath(canary);
  const control = parseControl(parent?.files.get(path), path);
  const isHeld = control.state === 'damaged' || control.paused;
  assert.ok(!isHeld || !GOES_ON.includes(decision), `${decision} although people hold the canary`);
}

/** Once the threshold is reached the next commit takes the traffic away. */
function checkThreshold(before: RolloutRecord | undefined, decision: string): void {
  const isJudged = before?.phase === 'Progressing' || before?.phase === 'WaitingPromotion';
  if (isJudged && (before.rollout?.failedChecks ?? 0) >= 5)
    assert.ok(['rollback', 'terminated'].includes(decision));
}

function checkRollback(
  repository: SimulatedRepository,
  commit: SimulatedCommit,
  canary: RolloutRecord['canary'],
  record: RolloutRecord,
): void {
  const base = repository.find(record.rollout?.base ?? '');
  assert.ok(base !== undefined, 'the base of a rollout is on the branch');
  const { traffic } = canaryFolders(canary);
  assert.equal(folderText(commit, traffic), folderText(base, traffic));
  assert.equal(record.weights.canary, 0);
}
