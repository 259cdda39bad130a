import { expect } from 'vitest';
import { until } from './component.ts';
import { kubectl } from './control-plane.ts';
import { canaryShareInEnvoy } from './envoy.ts';
import { deliveryLog } from './git.ts';
import type { Shop } from './release.ts';

/** What a canary's commits tell, from a point on. */
export class Story {
  readonly #shop: Shop;
  #from: number;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#from = 0;
  }

  /** Forgets what has been told so far. */
  turnPage(): this {
    this.#from = deliveryLog(this.#shop.subject).length;
    return this;
  }

  /** The subjects since, without the canary's name. */
  get lines(): readonly string[] {
    const subjects = deliveryLog(this.#shop.subject).slice(this.#from);
    return subjects.map((subject) => subject.slice(this.#shop.subject.length + 2));
  }

  /** Waits for a commit, and answers its subject. */
  tells(what: RegExp, timeoutMs = 150_000): Promise<string> {
    return until(
      () => `${this.#shop.subject} tells ${what}; so far: ${this.lines.join('; ')}`,
      () => this.lines.find((line) => what.test(line)),
      timeoutMs,
    );
  }

  /** The steps of one rollout in order, checks that failed left out. */
  get steps(): readonly string[] {
    const words = this.lines.map((line) => /^(canary weight \d+|\w+)/.exec(line)?.[1] ?? line);
    return words.filter((word) => word !== 'check');
  }
}

/** What a rollout by one step of 50 % tells when nothing is lost, doubled or skipped. */
export const UNDISTURBED = ['start', 'canary weight 50', 'promote', 'shift', 'finish'];

/** Establishes a first release. */
export async function establish(shop: Shop, story: Story): Promise<void> {
  shop.prepare();
  shop.release('v1');
  await story.tells(/^initialize: scale target to 0/);
  story.turnPage();
}

export async function envoyRoutes(shop: Shop, canaryPercent: number, timeoutMs = 60_000) {
  await until(
    `Envoy routes ${canaryPercent} % of ${shop.host} to the canary`,
    async () => (await canaryShareInEnvoy(shop.host)) === canaryPercent,
    timeoutMs,
  );
}

/** The version the primary of a shop runs, as its Deployment says. */
export function expectPrimary(shop: Shop, version: string): void {
  const path = ['get', 'deployment', shop.primary, '-n', shop.namespace];
  const env = kubectl(...path, '-o', 'jsonpath={.spec.template.spec.containers[0].env}');
  expect(env).toContain(`"${version}"`);
}
