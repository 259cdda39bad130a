import { recommendedBudget } from '../config/pushes.ts';
import { GitServer, PushGate } from '../controller/push-gate.ts';
import type { PushBudget } from '../core/push-budget.ts';
import type { Clock } from '../ports/clock.ts';

/** One gate per repository, however many write to it; repositories of one host share a server. */
export class PushGates {
  readonly #clock: Clock;
  readonly #servers = new Map<string, GitServer>();
  readonly #gates = new Map<string, PushGate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `url` as Git gets it. */
  open(url: string, budget: PushBudget | undefined): PushGate {
    const known = this.#gates.get(url);
    if (known !== undefined) return known;
    const host = hostOf(url);
    const server = this.#servers.get(host) ?? new GitServer(host === '' ? 'the repository' : host);
    this.#servers.set(host, server);
    const gate = new PushGate(server, budget ?? recommendedBudget(host), this.#clock);
    this.#gates.set(url, gate);
    return gate;
  }
}

/** Of a URL, or of the short form `user@host:path`. */
function hostOf(url: string): string {
  const host = URL.parse(url)?.hostname ?? /^[^@]+@([^:]+):/.exec(url)?.[1] ?? '';
  return host.toLowerCase();
}
