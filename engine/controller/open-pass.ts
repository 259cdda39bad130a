import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Layer } from '../../constructs/delivery-layers.ts';
import type { LoadedSource } from '../config/load-source.ts';
import { isIdle } from '../core/decide.ts';
import { inForce } from '../core/ledger.ts';
import type { SyncState } from '../core/liveness.ts';
import type { RefreshOutcome } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { SourceOutcome } from '../ports/source-reader.ts';
import { homeOf, knownBranches, portsOf, refreshAll, wantedBranches } from './branches.ts';
import { type CanaryState, readCanaryFiles } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import type { ClosedWindow } from './push-gate.ts';
import type { PassTrouble } from './result.ts';
import { withLeftCanaries } from './left-canaries.ts';
import { secretsOf } from './secrets.ts';

/** What a pass knows before it looks at the first canary. */
export interface OpenedPass {
  /** By branch; a delivery target without cells has one. */
  readonly cells: ReadonlyMap<string, OpenedCell>;
  readonly loaded: LoadedSource;
  readonly states: ReadonlyMap<CanaryKey, CanaryState>;
  readonly sourceCommit: string;
  readonly secrets: SecretReader;
  /** Why no ordinary decision can be pushed now, if so. */
  readonly closed: ClosedWindow | undefined;
  /** The branches that each canary stands on: more than one while it moves. */
  readonly standing: ReadonlyMap<CanaryKey, readonly string[]>;
  /** Branches that were there before, and are not any more. */
  readonly gone: ReadonlySet<string>;
  /** The branch that a canary is looked after on. */
  readonly branchOf: (canary: CanaryKey) => string;
}

/** One branch, and with what its canaries are looked after. */
export interface OpenedCell {
  readonly ports: EnginePorts;
  readonly context: PassContext;
}

type Opened = OpenedPass | { readonly trouble: PassTrouble };

/** Reads source and delivery branches, unless the server has asked to be left alone. */
export async function openPass(
  ports: EnginePorts,
  memory: EngineMemory,
  asks: PassContext['asks'] = 'everybody',
): Promise<Opened> {
  const urgent = ports.gate?.window('urgent');
  if (urgent?.isClosedByServer === true) {
    const retryAfterMs = urgent.opensMs - ports.clock.nowMs();
    return { trouble: { kind: 'retry', why: urgent.why, retryAfterMs } };
  }
  const known = await knownBranches(ports, memory);
  if (known.kind !== 'listed') return unreadable(ports, known);
  const [tips, before] = await Promise.all([
    refreshAll(ports, known.branches),
    ports.source.read(),
  ]);
  if ('kind' in tips) return unreadable(ports, tips);
  const gone = goneFrom(tips, memory);
  if (gone.size > 0 && ports.cells === undefined) return { trouble: branchGone('') };
  // What somebody else has just decided on may be newer than the source that was read beside it.
  const source = asks === 'nobody' || hasSeen(tips, memory) ? before : await ports.source.read();
  if (source.kind !== 'read') return { trouble: troubleOf('source', source) };
  const { snapshot } = source;
  const read = await readBranches(ports, memory, tips);
  for (const [branch, tip] of tips) if (tip !== undefined) memory.tips.set(branch, tip);
  const branchOf = (canary: CanaryKey) => {
    const home = homeOf(ports, canary);
    const stood = memory.stood.get(canary);
    const otherwise = stood !== undefined && gone.has(stood) ? stood : home;
    const branches = read.standing.get(canary) ?? [otherwise];
    return branches.includes(home) ? home : (branches[0] ?? home);
  };
  const interpreted = ports.interpret(snapshot, new Set(read.states.keys()));
  const loaded = await withLeftCanaries(interpreted, read.states, (canary) => {
    const branch = branchOf(canary);
    return readCanaryFiles(portsOf(ports, branch).delivery, tips.get(branch), canary);
  });
  const more = await meetOthers(ports, memory, loaded);
  if ('kind' in more) return unreadable(ports, more);
  const common = {
    sourceCommit: snapshot.commit,
    secrets: secretsOf(ports.secrets, loaded.secrets),
    closed: ports.gate?.window('ordinary'),
    held: loaded.held,
  };
  const { states, standing } = read;
  const opened = { ...common, states, standing, loaded, gone, branchOf };
  const watched = watchedBranches(opened);
  const cells = await Promise.all(
    [...tips, ...more].map(async ([branch, tip]) => {
      const own = portsOf(ports, branch);
      const sync = await syncStates(own, watched.has(branch));
      const edits = read.edits.get(branch) ?? NOBODYS;
      return [
        branch,
        { ports: own, context: { ...common, tip, sync, memory, asks, edits } },
      ] as const;
    }),
  );
  return { ...opened, cells: new Map(cells) };
}

type Tips = ReadonlyMap<string, string | undefined>;

function goneFrom(tips: Tips, memory: EngineMemory): ReadonlySet<string> {
  const gone = [...tips].filter(([branch, tip]) => tip === undefined && memory.tips.has(branch));
  return new Set(gone.map(([branch]) => branch));
}

function hasSeen(tips: Tips, memory: EngineMemory): boolean {
  return [...tips].every(([branch, tip]) => tip === undefined || tip === memory.tips.get(branch));
}

/** Beginning anew would make whatever the source says the primary, without any analysis. */
export function branchGone(branch: string): Extract<PassTrouble, { kind: 'blocked' }> {
  return {
    kind: 'blocked',
    why: `the delivery branch ${branch === '' ? '' : `${branch} `}was there, and is gone`,
    remedy:
      'push it again from a clone that has it; or restart the engine, to begin anew from the source',
  };
}

const NOBODYS: PassContext['edits'] = new Map();

interface ReadBranches extends Pick<OpenedPass, 'states' | 'standing'> {
  /** By branch. */
  readonly edits: ReadonlyMap<string, PassContext['edits']>;
}

async function readBranches(
  ports: EnginePorts,
  memory: EngineMemory,
  tips: ReadonlyMap<string, string | undefined>,
): Promise<ReadBranches> {
  const read = await Promise.all(
    [...tips].map(async ([branch, tip]) => {
      const { delivery } = portsOf(ports, branch);
      const states = await memory.statesOn(branch).at(delivery, tip);
      return [branch, states, await memory.editsOn(branch).at(delivery, tip)] as const;
    }),
  );
  const nowMs = ports.clock.nowMs();
  const states = new Map<CanaryKey, CanaryState>();
  const standing = new Map<CanaryKey, readonly string[]>();
  for (const [branch, own] of read) {
    for (const [canary, state] of own) {
      if (!states.has(canary) || branch === homeOf(ports, canary)) {
        states.set(canary, stateAt(state, nowMs));
      }
      standing.set(canary, [...(standing.get(canary) ?? []), branch]);
      memory.stood.set(canary, branch);
    }
  }
  return { states, standing, edits: new Map(read.map(([branch, , edits]) => [branch, edits])) };
}

/** What has expired in a ledger is forgotten for the whole pass, and leaves the file with its next entry. */
function stateAt(state: CanaryState, nowMs: number): CanaryState {
  if (state.kind === 'damaged') return state;
  const rejected = inForce(state.rejected, nowMs);
  return rejected === state.rejected ? state : { ...state, rejected };
}

/** Branches that a source asks for the first time. */
async function meetOthers(
  ports: EnginePorts,
  memory: EngineMemory,
  loaded: LoadedSource,
): ReturnType<typeof refreshAll> {
  if (ports.cells === undefined) return new Map();
  const others = [...wantedBranches(ports, loaded)].filter((name) => !memory.branches.has(name));
  const tips = await refreshAll(ports, others);
  if (!('kind' in tips)) for (const branch of others) memory.branches.add(branch);
  return tips;
}

/** Branches with a canary that is not at rest: only they have to be asked for in the cluster. */
function watchedBranches({
  loaded,
  states,
  sourceCommit,
  branchOf,
}: Omit<OpenedPass, 'cells'>): ReadonlySet<string> {
  const busy = loaded.canaries.filter(({ key, spec, revision, configDigest, removed }) => {
    const state = states.get(key);
    if (state?.kind !== 'sound' || state.record === undefined) return false;
    const { record, rejected, control } = state;
    const left = removed === undefined ? {} : { removed };
    const source = { commit: sourceCommit, revision, configDigest, ...left };
    return !isIdle(spec, record, { source, rejected, control });
  });
  return new Set(busy.map(({ key }) => branchOf(key)));
}

async function syncStates(
  { sync }: EnginePorts,
  isWatched: boolean,
): Promise<Readonly<Record<Layer, SyncState>>> {
  if (!isWatched) return { workloads: NOT_ASKED, traffic: NOT_ASKED, routes: NOT_ASKED };
  const [workloads, traffic, routes] = await Promise.all([
    sync.synced('workloads'),
    sync.synced('traffic'),
    sync.synced('routes'),
  ]);
  return { workloads, traffic, routes };
}

const NOT_ASKED: SyncState = { state: 'unknown', why: 'not asked' };

type Unread = Exclude<RefreshOutcome, { kind: 'fresh' }> | Exclude<SourceOutcome, { kind: 'read' }>;

function unreadable(
  { gate }: EnginePorts,
  reason: Exclude<RefreshOutcome, { kind: 'fresh' }>,
): { readonly trouble: PassTrouble } {
  gate?.heard(reason);
  return { trouble: troubleOf('delivery branch', reason) };
}

function troubleOf(what: string, reason: Unread): PassTrouble {
  const why = `the ${what} could not be read: ${reason.why}`;
  return reason.kind === 'refused'
    ? { kind: 'blocked', why, remedy: reason.remedy }
    : { ...reason, kind: 'retry', why };
}
