import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CanaryEvent } from '../ports/status-writer.ts';
import { type Announcement, gateAlert, heldAlert } from './alerts.ts';
import { analysisStart } from './canary-events.ts';
import type { EngineMemory } from './memory.ts';
import type { Proposal } from './reconcile.ts';
import type { ReconcileResult } from './result.ts';

/** What a canary waits for, where that is worth telling: nothing was committed for it. */
export interface WaitNews {
  readonly spec: CanarySpec;
  readonly record: RolloutRecord;
  readonly events: readonly CanaryEvent[];
  readonly atMs: number;
  readonly announcement: Announcement | undefined;
}

/**
 * Waits that began, or changed, with this pass. Flagger tells of them at every tick; here each is told
 * once, and once more by an engine that has just been started.
 */
export function waitNews(
  { said }: EngineMemory,
  proposals: readonly Proposal[],
  specs: ReadonlyMap<CanaryKey, CanarySpec>,
  nowMs: number,
): ReadonlyMap<CanaryKey, WaitNews> {
  const before = new Map(said);
  said.clear();
  const news = new Map<CanaryKey, WaitNews>();
  for (const { outcome } of proposals) {
    const { canary, record, result } = outcome;
    const spec = specs.get(canary);
    if (spec === undefined || record === undefined) continue;
    const saying = sayingOf(spec, result);
    if (saying === undefined) continue;
    const { message, announcement } = saying;
    said.set(canary, message);
    if (before.get(canary) === message) continue;
    const told = { phase: record.phase, atMs: nowMs };
    const events: readonly CanaryEvent[] = [
      ...(result.kind === 'waiting' && isBeforeFirstStep(record, result)
        ? [{ ...told, ...analysisStart(spec) }]
        : []),
      { ...told, type: 'Warning', message },
    ];
    news.set(canary, { spec, record, events, announcement, atMs: nowMs });
  }
  return news;
}

type Waiting = Extract<ReconcileResult, { kind: 'waiting' }>;

/** Flagger begins with the analysis before it asks whether traffic may come. */
function isBeforeFirstStep({ awaiting }: RolloutRecord, { closed }: Waiting): boolean {
  return awaiting === 'canary-ready' && closed !== undefined;
}

interface Saying {
  readonly message: string;
  readonly announcement?: Announcement | undefined;
}

function sayingOf(spec: CanarySpec, result: ReconcileResult): Saying | undefined {
  switch (result.kind) {
    case 'waiting':
      return waitText(spec, result);
    case 'blocked': {
      if (result.edited !== true) return undefined;
      const message = `Holding ${spec.name}.${spec.namespace}: ${result.why}`;
      return { message, announcement: heldAlert(message) };
    }
    case 'done':
    case 'committed':
    case 'retry':
      return undefined;
  }
}

/** In Flagger's words. The other gates are told of with the commit that says they are closed. */
function waitText(spec: CanarySpec, { why, closed, unready }: Waiting): Saying | undefined {
  if (closed?.kind === 'confirm-traffic-increase') {
    const canary = `${spec.name}.${spec.namespace}`;
    return {
      message: `Halt ${canary} advancement waiting for traffic increase approval ${closed.name}`,
      announcement: gateAlert(spec, closed, 'Canary traffic increase is waiting for approval.'),
    };
  }
  return unready === true ? { message: unreadyText(spec, why) } : undefined;
}

/** Flagger names the kind of a canary's workload, and that of a primary only where it is a DaemonSet. */
function unreadyText({ target }: CanarySpec, why: string): string {
  const kind = target.kind.toLowerCase();
  if (why.startsWith('canary ')) return why.replace(/^canary /, `canary ${kind} `);
  return kind === 'daemonset' ? `primary ${kind} ${why}` : why;
}
