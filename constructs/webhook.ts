import type { Duration } from 'cdk8s';
import {
  type CanarySpecAnalysisWebhooks,
  CanarySpecAnalysisWebhooksType,
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
   * Told of each decision, in the background: what it answers changes nothing. A canary with one
   * is not told to the engine's own event webhook.
   *
   * @throws PropertyError as `rollout` does.
   */
  static event(options: RolloutWebhookOptions): Webhook {
    return new Webhook(options, CanarySpecAnalysisWebhooksType.EVENT);
  }

  readonly #options: RolloutWebhookOptions;
  readonly #type: CanarySpecAnalysisWebhooksType | undefined;

  private constructor(options: RolloutWebhookOptions, type?: CanarySpecAnalysisWebhooksType) {
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
    const { name, url, timeout, retries, metadata } = this.#options;
    return {
      name,
      ...(this.#type === undefined ? {} : { type: this.#type }),
      url,
      ...(timeout === undefined ? {} : { timeout: goDuration(timeout) }),
      ...(retries === undefined ? {} : { retries }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    };
  }
}
