import {
  budgetOpensMs,
  fullAfterPushMs,
  type Lane,
  leaveAloneMs,
  type PushBudget,
} from '../core/push-budget.ts';
import type { Clock } from '../ports/clock.ts';
import type { PublishOutcome, Weather } from '../ports/delivery-repository.ts';

/** Why the next push of a lane may not go out yet. */
export interface ClosedWindow {
  readonly opensMs: number;
  readonly why: string;
  /** Not even reading is welcome. */
  readonly isClosedByServer: boolean;
}

/** A Git server, for all repositories on it: once it wants fewer requests it gets none. */
export class GitServer {
  readonly name: string;
  #closed: { readonly fromMs: number; readonly untilMs: number } | undefined;
  #refusals = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** It wants fewer requests, and may have said for how long none at all. */
  refused(nowMs: number, retryAfterMs: number | undefined): void {
    this.#closed = {
      fromMs: nowMs,
      untilMs: nowMs + (retryAfterMs ?? leaveAloneMs(this.#refusals)),
    };
    this.#refusals += 1;
  }

  accepted(): void {
    this.#closed = undefined;
    this.#refusals = 0;
  }

  /** A clock that was set back to before the refusal opens it. */
  opensMs(nowMs: number): number {
    const { fromMs = nowMs, untilMs = nowMs } = this.#closed ?? {};
    return nowMs < fromMs ? nowMs : Math.max(nowMs, untilMs);
  }
}

/** Lets pushes to one repository through: as many as its server wants, and no more. */
export class PushGate {
  readonly #server: GitServer;
  readonly #budget: PushBudget | undefined;
  readonly #clock: Clock;
  #fullMs = -Infinity;

  /** Without a budget only the server itself closes the gate. */
  constructor(server: GitServer, budget: PushBudget | undefined, clock: Clock) {
    this.#server = server;
    this.#budget = budget;
    this.#clock = clock;
  }

  get hasBudget(): boolean {
    return this.#budget !== undefined;
  }

  /** Why no push of this lane may go out now, if so. */
  window(lane: Lane): ClosedWindow | undefined {
    const nowMs = this.#clock.nowMs();
    const { name } = this.#server;
    const serverMs = this.#server.opensMs(nowMs);
    if (serverMs > nowMs) {
      const why = `${name} has asked to be left alone`;
      return { opensMs: serverMs, why, isClosedByServer: true };
    }
    if (this.#budget === undefined) return undefined;
    const opensMs = budgetOpensMs(lane, this.#budget, this.#fullMs, nowMs);
    if (opensMs <= nowMs) return undefined;
    const { perMinute, reserved } = this.#budget;
    const kept = reserved === 0 ? '' : `, ${reserved} of them kept for rollbacks`;
    const why = `${name} takes ${perMinute} pushes a minute${kept}`;
    return { opensMs, why, isClosedByServer: false };
  }

  /** Whatever became of a push, the server was asked. */
  pushed(outcome: PublishOutcome): void {
    if (outcome.kind === 'unchanged') return;
    const nowMs = this.#clock.nowMs();
    if (this.#budget !== undefined) {
      this.#fullMs = fullAfterPushMs(this.#budget, this.#fullMs, nowMs);
    }
    if (outcome.kind === 'pushed') this.#server.accepted();
    else if (outcome.kind === 'deferred') this.#server.refused(nowMs, outcome.retryAfterMs);
    else this.heard(outcome);
  }

  /** A server that is in trouble may have said as well when to come back. */
  heard(answer: Partial<Weather>): void {
    if (answer.retryAfterMs === undefined) return;
    this.#server.refused(this.#clock.nowMs(), answer.retryAfterMs);
  }
}

/** What a push says of the server, if it was for several branches: a refusal to hear more counts. */
export function verdictOf(outcomes: readonly PublishOutcome[]): PublishOutcome {
  const first = (...kinds: readonly PublishOutcome['kind'][]) =>
    outcomes.find(({ kind }) => kinds.includes(kind));
  return (
    first('deferred') ??
    first('unreachable', 'unknown') ??
    first('pushed') ??
    first('stale', 'rejected') ?? { kind: 'unchanged' }
  );
}
