/** Somebody outside who is asked, or told, at one point of a rollout. */
export interface Webhook {
  readonly name: string;
  readonly type: WebhookType;
  readonly url: string;
  /** Per attempt. */
  readonly timeoutMs: number;
  /** Attempts beyond the first. */
  readonly retries: number;
  /** The certificate of the receiver is not verified. */
  readonly disableTls: boolean;
  /** A closed gate is no alert. */
  readonly muteAlert: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export const WEBHOOK_TYPES = [
  /** A gate before the target gets the revision. */
  'confirm-rollout',
  /** Once, before the first requests; a failure is a failed check. */
  'pre-rollout',
  /** At each analysis, before the metrics; a failure is a failed check. */
  'rollout',
  /** A gate before each rise of the weight. */
  'confirm-traffic-increase',
  /** A gate before the promotion, and before blue/green routes everything to the canary. */
  'confirm-promotion',
  /** After the end of a rollout, whatever it answers. */
  'post-rollout',
  /** At each evaluation: a success asks for a rollback. */
  'rollback',
  /** Told of each decision; what it answers changes nothing. */
  'event',
] as const;

export type WebhookType = (typeof WEBHOOK_TYPES)[number];
