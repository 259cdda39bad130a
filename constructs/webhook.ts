import type { Duration } from 'cdk8s';
import type { CanarySpecAnalysisWebhooks } from '../imports/flagger.app.ts';
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

/** A check outside the metrics: any answer above 202 is a failed check. */
export class Webhook {
  /**
   * Called at each evaluation, before the metrics are read.
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

  readonly #options: RolloutWebhookOptions;

  private constructor(options: RolloutWebhookOptions) {
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
   * No `type`: its absence means `rollout`.
   *
   * @internal
   */
  _toKube(): CanarySpecAnalysisWebhooks {
    const { name, url, timeout, retries, metadata } = this.#options;
    return {
      name,
      url,
      ...(timeout === undefined ? {} : { timeout: goDuration(timeout) }),
      ...(retries === undefined ? {} : { retries }),
      ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    };
  }
}
