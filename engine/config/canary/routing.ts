import { z } from 'zod';
import type { CanarySpec, ServiceSpec } from '../../../constructs/canary-spec.ts';
import { routeLimits } from '../../../constructs/traffic/traffic.ts';
import { fieldPath } from '../locate.ts';
import { type Breach, RuleText } from './fields.ts';
import { findProvider } from './provider.ts';
import { resolveService, ServiceFile } from './service.ts';
import { resolveSessionAffinity, SessionAffinityFile } from './session-affinity.ts';
import { resolveStrategy, STRATEGY_FIELDS, strategyBreaches } from './strategy.ts';

/** What rules about routes look at, each part on its own: a mistake in one hides no other. */
const RoutedFile = z.object({
  spec: z.object({
    provider: RuleText,
    targetRef: z.object({ name: z.string() }),
    service: ServiceFile,
    analysis: z
      .object({
        ...STRATEGY_FIELDS,
        sessionAffinity: SessionAffinityFile.optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  }),
});

/** Rules between the service, the strategy and the routing provider. */
export function routingBreaches(manifest: unknown): readonly Breach[] {
  const file = RoutedFile.safeParse(manifest);
  if (!file.success) return [];
  const { spec } = file.data;
  const provider = findProvider(spec.provider);
  if (provider === undefined) return [];
  const service = resolveService(spec.service, spec.targetRef.name, provider);
  const limits = routeLimits(provider, { service, analysis: routedAnalysis(spec.analysis) });
  return [
    ...limits.map(({ field, why, remedy }) => breach(['spec', ...field], why, remedy)),
    ...apexBreaches(spec.service, service),
    ...metadataBreaches(spec.service),
  ];
}

type Analysis = z.infer<typeof RoutedFile>['spec']['analysis'];

/** An analysis that cannot be read, or breaks rules of its own, asks nothing of the routes. */
function routedAnalysis(
  analysis: Analysis,
): Pick<CanarySpec['analysis'], 'strategy' | 'sessionAffinity'> {
  if (analysis === undefined || strategyBreaches(analysis).length > 0) {
    return { strategy: { kind: 'blue-green', iterations: 1 } };
  }
  const { sessionAffinity } = analysis;
  return {
    strategy: resolveStrategy(analysis),
    ...(sessionAffinity && { sessionAffinity: resolveSessionAffinity(sessionAffinity) }),
  };
}

/** A Deployment may begin with a digit, a Service may not. */
function apexBreaches(file: ServiceFile, { name }: ServiceSpec): readonly Breach[] {
  if (/^[a-z]/.test(name)) return [];
  const field =
    file.name === undefined ? ['spec', 'targetRef', 'name'] : ['spec', 'service', 'name'];
  const remedy = 'write a spec.service.name that begins with a letter';
  return [breach(field, `is ${name}, and no Service can be named so`, remedy)];
}

/** A key that is to be left alone cannot have a value that is to be set. */
function metadataBreaches(file: ServiceFile): readonly Breach[] {
  const { unmanagedMetadata } = file;
  if (unmanagedMetadata === undefined) return [];
  return (['apex', 'primary', 'canary'] as const).flatMap((role) =>
    (['labels', 'annotations'] as const).flatMap((kind) =>
      unmanagedMetadata[kind]
        .filter((key) => Object.hasOwn(file[role]?.[kind] ?? {}, key))
        .map((key) =>
          breach(
            ['spec', 'service', role, kind, key],
            `is set although spec.service.unmanagedMetadata.${kind} says that others set it`,
            'remove one of the two',
          ),
        ),
    ),
  );
}

function breach(field: readonly (string | number)[], why: string, remedy: string): Breach {
  return { code: 'route-inexpressible', field, message: `${fieldPath(field)} ${why}`, remedy };
}
