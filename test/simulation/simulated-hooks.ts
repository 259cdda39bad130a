import type { Webhook } from '../../constructs/canary-spec.ts';
import type {
  WebhookClient,
  WebhookOutcome,
  WebhookPayload,
} from '../../engine/ports/webhook-client.ts';
import type { Dice } from './random.ts';

/** People and programs behind the hooks: gates that stay closed for a while, and checks with moods. */
export class SimulatedHooks implements WebhookClient {
  faults = true;
  readonly #dice: Dice;
  readonly #closed = new Set<string>();
  #opened: Set<string> | undefined;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  call({ type }: Webhook, { namespace, name }: WebhookPayload): Promise<WebhookOutcome> {
    return Promise.resolve(this.#answer(type, `${namespace}/${name} ${type}`));
  }

  #answer(type: Webhook['type'], gate: string): WebhookOutcome {
    switch (type) {
      case 'rollback':
        return this.#happens(0.05) ? OK : REFUSED;
      case 'confirm-rollout':
      case 'confirm-traffic-increase':
      case 'confirm-promotion':
        return this.#isClosed(gate) ? REFUSED : OK;
      case 'pre-rollout':
      case 'rollout':
        return this.#happens(0.05) ? REFUSED : OK;
      case 'post-rollout':
      case 'event':
        return this.#happens(0.2) ? REFUSED : OK;
    }
  }

  /** In the end each gate is closed once more, and then open for good. */
  settle(): void {
    this.#closed.clear();
    this.#opened = new Set();
  }

  /** Somebody opens and closes it now and then. */
  #isClosed(gate: string): boolean {
    if (this.#opened !== undefined) {
      const isOpen = this.#opened.has(gate);
      this.#opened.add(gate);
      return !isOpen;
    }
    if (!this.faults) return false;
    const isClosed = this.#closed.has(gate) ? this.#happens(0.7) : this.#happens(0.3);
    if (isClosed) this.#closed.add(gate);
    else this.#closed.delete(gate);
    return isClosed;
  }

  #happens(probability: number): boolean {
    return this.#dice.chance(probability) && this.faults;
  }
}

const OK: WebhookOutcome = { kind: 'ok', status: 200 };
const REFUSED: WebhookOutcome = { kind: 'failed', why: 'HTTP 403 simulated' };
