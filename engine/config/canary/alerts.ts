import { z } from 'zod';
import { ALERT_SEVERITIES, type AlertRoute } from '../../../constructs/canary-spec.ts';
import type { AlertProviders } from '../alert-provider.ts';
import { type Breach, DnsLabel, RuleText } from './fields.ts';

/** `spec.analysis.alerts[]` */
export const AlertFile = z.strictObject({
  name: z.string().min(1),
  severity: z.enum(['', ...ALERT_SEVERITIES]).optional(),
  providerRef: z.strictObject({ name: z.string().min(1), namespace: DnsLabel.optional() }),
});

/** Flagger sends nothing for an alert without a severity, and documents that it is `info`. */
const DEFAULT_SEVERITY = 'info';

export function resolveAlerts(
  alerts: readonly z.infer<typeof AlertFile>[],
  namespace: string,
  providers: AlertProviders,
): readonly AlertRoute[] {
  return alerts.flatMap(({ name, severity = '', providerRef }) => {
    const provider = providers.get(`${providerRef.namespace ?? namespace}/${providerRef.name}`);
    if (provider === undefined || provider === 'faulty') return [];
    return [{ name, severity: severity === '' ? DEFAULT_SEVERITY : severity, provider }];
  });
}

export const AlertRules = z
  .object({
    providerRef: z.object({ name: RuleText, namespace: RuleText }).optional().catch(undefined),
  })
  .catch({});

export function alertBreaches(
  { providerRef }: z.infer<typeof AlertRules>,
  index: number,
  namespace: string,
  providers: AlertProviders,
): readonly Breach[] {
  if (providerRef?.name === undefined) return [];
  const key = `${providerRef.namespace ?? namespace}/${providerRef.name}`;
  const provider = providers.get(key);
  if (provider !== undefined && provider !== 'faulty') return [];
  const field = ['spec', 'analysis', 'alerts', index, 'providerRef', 'name'];
  const path = `spec.analysis.alerts[${index}].providerRef`;
  return [
    provider === undefined
      ? {
          code: 'alert-provider-missing',
          field,
          message: `${path} names AlertProvider ${key}, which the source does not hold`,
          remedy: 'put it below the source path, or correct name and namespace',
        }
      : {
          code: 'alert-provider-missing',
          field,
          message: `${path} names AlertProvider ${key}, which cannot be used as it is written`,
          remedy: 'mend the AlertProvider: its own problems are listed with it',
        },
  ];
}

/** Flagger's description of a strategy, in its order; it prints an absent `maxWeight` as 0. */
export function trafficRouting(analysis: {
  readonly stepWeight?: number | undefined;
  readonly stepWeights?: readonly number[] | undefined;
  readonly maxWeight?: number | undefined;
  readonly match?: unknown;
}): string {
  const { stepWeight = 0, stepWeights = [], maxWeight = 0, match } = analysis;
  if (stepWeight > 0) return `Weight step: ${stepWeight} max: ${maxWeight}`;
  if (stepWeights.length > 0) return `Weight steps: ${stepWeights.join(',')} max: ${maxWeight}`;
  return Array.isArray(match) && match.length > 0 ? 'A/B Testing' : 'Blue/Green';
}
