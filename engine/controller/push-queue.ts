import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { QueuedDecision, ReconcileResult } from './result.ts';

interface Entry {
  readonly decision: QueuedDecision;
  /** Tells the record that was decided on. */
  readonly decidedAtMs: number | undefined;
}

export interface Undelivered {
  readonly decision: QueuedDecision;
  /** The record that was decided on. */
  readonly before: RolloutRecord | undefined;
}

/** What waits for a push, and since when: kept from pass to pass as long as it stays decided. */
export class PushQueue {
  #entries: ReadonlyMap<CanaryKey | undefined, Entry> = new Map();

  get decisions(): readonly QueuedDecision[] {
    return [...this.#entries.values()].map(({ decision }) => decision);
  }

  /** The decision that waits, if it was made on this very record. */
  of(canary: CanaryKey, record: RolloutRecord): QueuedDecision | undefined {
    const entry = this.#entries.get(canary);
    return entry?.decidedAtMs === record.decidedAtMs ? entry.decision : undefined;
  }

  /** How the reconciliation of a canary ended whose decision waits. */
  resultOf(canary: CanaryKey): ReconcileResult {
    const { subjects = [], why = '', untilMs } = this.#entries.get(canary)?.decision ?? {};
    const until = untilMs === undefined ? {} : { untilMs };
    return { kind: 'waiting', why: `to push "${subjects.join('; ')}": ${why}`, ...until };
  }

  /** What waits after a pass; whatever is not named does not wait any more. */
  replace(waiting: readonly Undelivered[]): void {
    this.#entries = new Map(
      waiting.map(({ decision, before }) => {
        const decidedAtMs = before?.decidedAtMs;
        const known = this.#entries.get(decision.canary);
        const isKnown = known !== undefined && known.decidedAtMs === decidedAtMs;
        const sinceMs = isKnown ? known.decision.sinceMs : decision.sinceMs;
        return [decision.canary, { decision: { ...decision, sinceMs }, decidedAtMs }];
      }),
    );
  }
}
