import { type Layer, LAYERS } from '../../constructs/delivery-layers.ts';
import { exampleBranches } from '../core/cells.ts';
import type { SyncObserver } from '../ports/cluster.ts';
import type { Finding, Inspector } from '../ports/inspector.ts';
import type { EnginePorts } from './engine-ports.ts';

/** Nothing has this name; a server that works says that it has seen nothing of it. */
const NOBODY = { namespace: 'serin-doctor', apex: 'nobody' };
const WINDOW_MS = 60_000;

/** Looks at everything an engine depends on, all at the same time. */
export async function examine(
  ports: Pick<EnginePorts, 'sync' | 'cells' | 'metrics' | 'clock'>,
  inspectors: readonly Inspector[],
): Promise<readonly Finding[]> {
  const examinations = [
    ...inspectors.map((inspector) => inspector.inspect()),
    ...LAYERS.map((layer) => syncFinding(syncOf(ports), layer)),
    metricsFinding(ports),
  ];
  const findings = await Promise.all(examinations.map(answered));
  return findings.flat().filter((finding, _, all) => !isSaidOfTraffic(finding, all));
}

/** An agent that is given the routes with the rest of the traffic has nothing more to say of them. */
function isSaidOfTraffic({ part, check, message }: Finding, all: readonly Finding[]): boolean {
  const ofTraffic = all.find((each) => each.part === 'sync' && each.check === 'traffic');
  return part === 'sync' && check === 'routes' && message === ofTraffic?.message;
}

/** A bug in one of them hides nothing of the others. */
async function answered(
  examination: Promise<Finding | readonly Finding[]>,
): Promise<Finding | readonly Finding[]> {
  try {
    return await examination;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const remedy = 'this is a bug in Serin: please report it';
    return { part: 'doctor', check: 'examination', status: 'failure', message, remedy };
  }
}

/** With cells the agent has objects for each: one of them stands for all. */
function syncOf({ sync, cells }: Pick<EnginePorts, 'sync' | 'cells'>): SyncObserver {
  if (cells === undefined) return sync;
  const [branch = ''] = exampleBranches(cells.layout);
  return cells.syncOf(branch);
}

async function syncFinding(sync: SyncObserver, layer: Layer): Promise<Finding> {
  const found = { part: 'sync', check: layer };
  const state = await sync.synced(layer);
  const remedy =
    'see what the message says, or what the agent logs; cluster.sync names its objects';
  if (state.state === 'unknown') {
    return { ...found, status: 'warning', message: state.why, remedy };
  }
  const message = `the agent holds ${state.revision.slice(0, 8)}`;
  return state.hindrance === undefined
    ? { ...found, status: 'ok', message }
    : { ...found, status: 'warning', message: `${message}; ${state.hindrance}`, remedy };
}

async function metricsFinding({
  metrics,
  clock,
}: Pick<EnginePorts, 'metrics' | 'clock'>): Promise<Finding> {
  const found = { part: 'metrics', check: 'reachable' };
  const counts = await metrics.requests(NOBODY, WINDOW_MS, clock.nowMs());
  if (counts.state === 'counted') {
    return { ...found, status: 'ok', message: 'the metrics server answers' };
  }
  const remedy = 'check metrics.address and the network in between; without data nothing advances';
  return { ...found, status: 'failure', message: counts.why, remedy };
}
