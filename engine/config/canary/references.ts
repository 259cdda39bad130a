import type { AlertProviders } from '../alert-provider.ts';
import type { MetricTemplates } from '../metric-template.ts';

/** What the source holds that a Canary may name, beside its target. */
export interface References {
  readonly alertProviders: AlertProviders;
  readonly metricTemplates: MetricTemplates;
}
