import { z } from 'zod';
import { type Webhook, WEBHOOK_TYPES, type WebhookType } from '../../../constructs/canary-spec.ts';
import { show } from '../issues.ts';
import { type Breach, DurationText, RuleText } from './fields.ts';

/** `spec.analysis.webhooks[]` */
export const WebhookFile = z.strictObject({
  name: z.string().min(1),
  type: z.string().optional(),
  url: z.url({ protocol: /^https?$/ }),
  timeout: DurationText.optional(),
  retries: z.number().int().min(0).max(20).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  muteAlert: z.boolean().optional(),
  disableTLS: z.boolean().optional(),
});

const DEFAULT_TIMEOUT_MS = 10_000;

export function resolveWebhook(webhook: z.infer<typeof WebhookFile>): Webhook {
  return {
    name: webhook.name,
    type: typeOf(webhook.type) ?? 'rollout',
    url: webhook.url,
    timeoutMs: webhook.timeout ?? DEFAULT_TIMEOUT_MS,
    retries: webhook.retries ?? 0,
    disableTls: webhook.disableTLS ?? false,
    muteAlert: webhook.muteAlert ?? false,
    metadata: webhook.metadata ?? {},
  };
}

/** Without a type, or with an empty one, it is a `rollout` webhook. */
function typeOf(written: string | undefined): WebhookType | undefined {
  return WEBHOOK_TYPES.find((type) => type === (written || 'rollout'));
}

export const WebhookRules = z.object({ type: RuleText }).catch({});

export function webhookBreaches(
  { type }: z.infer<typeof WebhookRules>,
  index: number,
): readonly Breach[] {
  if (typeOf(type) !== undefined) return [];
  const field = ['spec', 'analysis', 'webhooks', index, 'type'];
  const message = `spec.analysis.webhooks[${index}].type is ${show(type)}, which is not known`;
  return [
    { code: 'invalid-field', field, message, remedy: `use one of: ${WEBHOOK_TYPES.join(', ')}` },
  ];
}
