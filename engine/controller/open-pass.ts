import type { LoadedSource } from '../config/load-source.ts';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { RefreshOutcome } from '../ports/delivery-repository.ts';
import type { SourceOutcome } from '../ports/source-reader.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import type { PassTrouble } from './result.ts';
import { secretsOf } from './secrets.ts';

/** What a pass knows before it looks at the first canary. */
export interface OpenedPass {
  readonly context: PassContext;
  readonly loaded: LoadedSource;
  readonly states: ReadonlyMap<CanaryKey, CanaryState>;
}

/** Reads source and delivery branch, unless the server has asked to be left alone. */
export async function openPass(
  ports: EnginePorts,
  memory: EngineMemory,
  asks: PassContext['asks'] = 'everybody',
): Promise<OpenedPass | { readonly trouble: PassTrouble }> {
  const urgent = ports.gate?.window('urgent');
  if (urgent?.isClosedByServer === true) {
    const retryAfterMs = urgent.opensMs - ports.clock.nowMs();
    return { trouble: { kind: 'retry', why: urgent.why, retryAfterMs } };
  }
  const [refreshed, read] = await Promise.all([ports.delivery.refresh(), ports.source.read()]);
  if (refreshed.kind !== 'fresh') {
    ports.gate?.heard(refreshed);
    return { trouble: troubleOf('delivery branch', refreshed) };
  }
  const { tip } = refreshed;
  if (tip === undefined && memory.tip !== undefined) return { trouble: BRANCH_GONE };
  // What somebody else has just decided on may be newer than the source that was read beside it.
  const isKnown = tip === undefined || tip === memory.tip || asks === 'nobody';
  const source = isKnown ? read : await ports.source.read();
  if (source.kind !== 'read') return { trouble: troubleOf('source', source) };
  memory.tip = tip;
  const states = await memory.states.at(ports.delivery, tip);
  const { snapshot } = source;
  const loaded = ports.interpret(snapshot, new Set(states.keys()));
  const [workloads, traffic] = await Promise.all([
    ports.sync.synced('workloads'),
    ports.sync.synced('traffic'),
  ]);
  const context = {
    tip,
    sourceCommit: snapshot.commit,
    sync: { workloads, traffic },
    memory,
    secrets: secretsOf(ports.secrets, loaded.secrets),
    closed: ports.gate?.window('ordinary'),
    asks,
    others: loaded.others,
  };
  return { context, loaded, states };
}

/** Beginning anew would make whatever the source says the primary, without any analysis. */
const BRANCH_GONE: PassTrouble = {
  kind: 'blocked',
  why: 'the delivery branch was there, and is gone',
  remedy:
    'push it again from a clone that has it; or restart the engine, to begin anew from the source',
};

type Unread = Exclude<RefreshOutcome, { kind: 'fresh' }> | Exclude<SourceOutcome, { kind: 'read' }>;

function troubleOf(what: string, reason: Unread): PassTrouble {
  const why = `the ${what} could not be read: ${reason.why}`;
  return reason.kind === 'refused'
    ? { kind: 'blocked', why, remedy: reason.remedy }
    : { ...reason, kind: 'retry', why };
}
