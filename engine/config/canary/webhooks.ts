import { z } from 'zod';
import type { Webhook } from '../../../constructs/canary-spec.ts';
import { show } from '../issues.ts';
import { type Breach, DurationText, isFalse, RuleText, unsupported } from './fields.ts';

/** `spec.analysis.webhooks[]` */
export const WebhookFile = z.strictObject({
  name: z.string().min(1),
  type: z.string().optional(),
  url: z.url({ protocol: /^https?$/ }),
  timeout: DurationText.optional(),
  retries: z.number().int().min(0).max(20).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  muteAlert: unsupported(isFalse),
  disableTLS: unsupported(isFalse),
});

const DEFAULT_TIMEOUT_MS = 10_000;

export function resolveWebhook(webhook: z.infer<typeof WebhookFile>): Webhook {
  return {
    name: webhook.name,
    type: webhook.type === 'event' ? 'event' : 'rollout',
    url: webhook.url,
    timeoutMs: webhook.timeout ?? DEFAULT_TIMEOUT_MS,
    retries: webhook.retries ?? 0,
    metadata: webhook.metadata ?? {},
  };
}

export const WebhookRules = z.object({ type: RuleText }).catch({});

export function webhookBreaches(
  { type }: z.infer<typeof WebhookRules>,
  index: number,
): readonly Breach[] {
  if (type === undefined || ['', 'rollout', 'event'].includes(type)) return [];
  const field = ['spec', 'analysis', 'webhooks', index, 'type'];
  const message = `spec.analysis.webhooks[${index}].type is ${show(type)}, which is not supported yet`;
  return [{ code: 'unsupported-field', field, message, remedy: 'use type rollout or event' }];
}
