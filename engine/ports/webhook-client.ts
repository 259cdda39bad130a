import type { Webhook } from '../../constructs/canary-spec.ts';

/** Calls a webhook with Flagger's payload; retries within its budget. */
export interface WebhookClient {
  call(webhook: Webhook, payload: WebhookPayload): Promise<WebhookOutcome>;
}

export interface WebhookPayload {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
}

export type WebhookOutcome =
  | { readonly kind: 'ok'; readonly status: number }
  | { readonly kind: 'failed'; readonly why: string };
