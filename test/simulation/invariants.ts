import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { canaryFolders, recordPath } from '../../engine/core/paths.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';
import { parseRecord } from '../../engine/render/record-file.ts';
import { parseTrailers } from '../support/trailers.ts';
import {
  folderText,
  type SimulatedCommit,
  type SimulatedRepository,
} from './simulated-repository.ts';

/** What must hold of every single commit, checked as soon as it stands on the branch. */
export function checkCommit(repository: SimulatedRepository, commit: SimulatedCommit): void {
  if (commit.foreign) return;
  const trailers = new Map(parseTrailers(commit.message).map(({ key, value }) => [key, value]));
  const canary = trailers.get('Canary');
  const decision = trailers.get('Decision');
  assert.ok(decision !== undefined, 'a commit says what was decided');
  if (decision === 'carry-over') {
    checkPaths(commit, (path) => path.startsWith('workloads/default/_other/'));
    return;
  }
  assert.ok(canary !== undefined, 'a decision names its canary');
  const key = canary as RolloutRecord['canary'];
  checkOwnedPaths(commit, key);
  const before = recordAt(commit.parent, key);
  const after = recordAt(commit, key);
  assert.ok(after !== undefined, 'a decision leaves a record');
  assert.equal(after.weights.primary + after.weights.canary, 100);
  assert.equal(String(after.weights.canary), trailers.get('Weight'));
  assert.equal(after.phase, trailers.get('Phase'));
  checkRoutes(commit, key, after);
  checkRise(commit, before, after, decision);
  checkThreshold(before, decision);
  if (decision === 'rollback' || decision === 'withdraw') {
    checkRollback(repository, commit, key, after);
  }
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
  checkPaths(commit, (path) => own.some((folder) => path.startsWith(folder)));
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
  assert.equal(decision, 'advance');
  if (before?.weights.canary === 0) {
    assert.equal(before.awaiting, 'canary-ready');
    return;
  }
  const written = [...commit.files].filter(
    ([path, text]) => commit.parent?.files.get(path) !== text,
  );
  const evidence = written.find(([path]) => path.includes('/evidence/'))?.[1];
  assert.ok(evidence !== undefined, 'a rise has its evidence');
  const { checks } = JSON.parse(evidence) as { checks: { verdict: string }[] };
  assert.ok(checks.length > 0 && checks.every(({ verdict }) => verdict === 'pass'));
}

/** Once the threshold is reached the next commit takes the traffic away. */
function checkThreshold(before: RolloutRecord | undefined, decision: string): void {
  if (before?.phase !== 'Progressing' || before.rollout === undefined) return;
  if (before.rollout.failedChecks >= 5) assert.equal(decision, 'rollback');
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
