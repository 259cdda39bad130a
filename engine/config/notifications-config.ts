import { z } from 'zod';
import { ALERT_SERVICES, ALERT_SEVERITIES } from '../../constructs/canary-spec.ts';
import { ALERT_DEFAULTS } from './alert-provider.ts';
import { ProxyAddress, SecretAddress, withheld } from './secret-address.ts';

/** Who is told of canaries that name nobody themselves. */
const DefaultAlert = z
  .strictObject({
    type: z.enum(ALERT_SERVICES),
    severity: z.enum(ALERT_SEVERITIES).default('info'),
    channel: z.string().min(1).default(ALERT_DEFAULTS.channel),
    username: z.string().min(1).default(ALERT_DEFAULTS.username),
    proxy: ProxyAddress.optional(),
    address: SecretAddress.optional(),
    credentials: z.string().min(1).optional(),
  })
  .refine(
    ({ address, credentials }) => (address === undefined) !== (credentials === undefined),
    withheld('must be there, or credentials must, and not both', 'address'),
  );

/** The part of `serin.yaml` that says who is told what. */
export const Notifications = z.strictObject({
  clusterName: z.string().min(1).optional(),
  alerts: z.array(DefaultAlert).default([]),
  eventWebhook: SecretAddress.optional(),
});

export type NotificationsConfig = z.infer<typeof Notifications>;
