import type { Duration } from 'cdk8s';
import {
  type CanarySpecAnalysisWebhooks,
  CanarySpecAnalysisWebhooksType as WebhookType,
} from '../imports/flagger.app.ts';
import { goDuration } from './go-duration.ts';
import { PropertyError, requireText, requireWhole } from './property-error.ts';

export interface WebhookOptions {
  /** Called with POST; `http` or `https`. */
  readonly url: string;

  /**
   * How long one attempt may take.
   *
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;

  /**
   * Attempts beyond the first, for connection errors, 429 and 5xx: 0 to 20.
   *
   * @default 0
   */
  readonly retries?: number;

  /**
   * Any certificate of the receiver will do.
   *
   * @default false
   */
  readonly disableTls?: boolean;

  /**
   * That it stands in the way is no alert.
   *
   * @default false
   */
  readonly muteAlert?: boolean;
}

export interface RolloutWebhookOptions extends WebhookOptions {
  readonly name: string;

  /**
   * Handed to the receiver as it is.
   *
   * @default none
   */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadTestOptions extends WebhookOptions {
  /** @default 'load-test' */
  readonly name?: string;

  /** The shell command that the load tester runs, for example with `hey`. */
  readonly command: string;
}

/** A call to a program outside of the rollout. */
export class Webhook {
  /**
   * A gate before a revision starts, also one that comes in mid-run: until the answer is at most 202
   * the canary is `Waiting`.
   *
   * @throws PropertyError as `rollout` does.
   */
  static confirmRollout(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.CONFIRM_HYPHEN_ROLLOUT);
  }

  /**
   * A check before the first requests, tried again after one interval: any answer above 202 is a
   * failed check.
   *
   * @throws PropertyError as `rollout` does.
   */
  static preRollout(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.PRE_HYPHEN_ROLLOUT);
  }

  /**
   * A check beside the metrics, made at each evaluation before they are read: any answer above 202
   * is a failed check.
   *
   * @throws PropertyError for an empty name, a url that is none, or a timeout of 0.
   */
  static rollout(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options);
  }

  /**
   * Asks Flagger's load tester for traffic, so that there is something to measure. The tester
   * starts the command and answers at once.
   *
   * @throws PropertyError as `rollout` does, and for an empty command.
   */
  static loadTest({ name = 'load-test', command, ...rest }: LoadTestOptions): Webhook {
    requireText('command', command);
    return new Webhook({ ...rest, name, metadata: { cmd: command } });
  }

  /**
   * A gate before each step of the canary strategy, and before its promotion: until the answer is at
   * most 202 the weight stays.
   *
   * @throws PropertyError as `rollout` does.
   */
  static confirmTrafficIncrease(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.CONFIRM_HYPHEN_TRAFFIC_HYPHEN_INCREASE);
  }

  /**
   * A gate before the promotion, and before blue/green sends all traffic to the canary: until the
   * answer is at most 202 the canary is in `WaitingPromotion`, and its analysis goes on.
   *
   * @throws PropertyError as `rollout` does.
   */
  static confirmPromotion(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.CONFIRM_HYPHEN_PROMOTION);
  }

  /**
   * Called after the end of a rollout, whatever it was; what it answers is written down.
   *
   * @throws PropertyError as `rollout` does.
   */
  static postRollout(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.POST_HYPHEN_ROLLOUT);
  }

  /**
   * Asked at each evaluation: an answer of at most 202 rolls the canary back.
   *
   * @throws PropertyError as `rollout` does.
   */
  static rollback(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.ROLLBACK);
  }

  /**
   * Told of each decision, in the background: what it answers changes nothing. A canary with one
   * is not told to the engine's own event webhook.
   *
   * @throws PropertyError as `rollout` does.
   */
  static event(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, WebhookType.EVENT);
  }

  readonly #options: RolloutWebhookOptions;
  readonly #type: WebhookType | undefined;

  private constructor(options: RolloutWebhookOptions, type?: WebhookType) {
    this.#type = type;
    const { name, url, timeout, retries } = options;
    requireText('name', name);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      const remedy = 'write for example http://flagger-loadtester.test/';
      throw new PropertyError('url', url, 'it must be a whole http or https address', remedy);
    }
    if (timeout?.toMilliseconds({ integral: false }) === 0) {
      const rule = 'no receiver answers in no time';
      throw new PropertyError('timeout', '0 ms', rule, 'write for example Duration.seconds(5)');
    }
    if (retries !== undefined) requireWhole('retries', retries, { min: 0, max: 20 });
    this.#options = options;
  }

  /**
   * A check has no `type`: its absence means `rollout`.
   *
   * @internal
   */
  _toKube(): CanarySpecAnalysisWebhooks {
    const { name, url, timeout, retries, disableTls, muteAlert, metadata } = this.#options;
    return {
      name,
      ...(this.#type === undefined ? {} : { type: this.#type }),
      url,
      ...(timeout === undefined ? {} : { timeout: goDuration(timeout) }),
      ...(retries === undefined ? {} : { retries }),
      ...(disableTls === undefined ? {} : { disableTls }),
      ...(muteAlert === undefined ? {} : { muteAlert }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    };
  }
}
