import type { AlertReceiver } from '../../../constructs/canary-spec.ts';
import type { Alert } from '../../ports/notifier.ts';

/** How one service wants to be told: Flagger's payloads, so that channels look as they did. */
export interface ServiceFormat {
  /** What is posted to, where it is not the address that people know. */
  readonly target?: (address: URL) => URL;
  /** @param thread what `read` returned for an earlier alert of the same run */
  body(alert: Alert, receiver: AlertReceiver, thread: string | undefined): object;
  /** What an answer with a good status says beside it. */
  readonly read?: (answer: unknown) => ServiceAnswer;
}

export interface ServiceAnswer {
  /** The alert was not taken after all. */
  readonly refusal?: string;
  /** By which later alerts of the same run join this one. */
  readonly thread?: string;
}

export function subjectOf({ name, namespace }: Alert): string {
  return `${name}.${namespace}`;
}
