import type { Difference, Facts } from '../differences.ts';
import type { History } from '../history.ts';
import { firstObjects, subjectsOf } from '../recorded.ts';
import { specOf, type WrittenSpec } from './canary.ts';

/** What Flagger takes and then cannot do, or does not do as it is written: Serin says so at once. */

/** @param code the error code of `docs/errors.md` that the canary is refused with */
function refusal(
  id: string,
  code: string,
  isRefused: (spec: WrittenSpec, facts: Facts) => boolean,
) {
  return {
    id,
    expect(facts: Facts): History | undefined {
      const spec = specOf(facts);
      if (spec === undefined || !isRefused(spec, facts)) return undefined;
      const refusals = [{ code, message: '' }];
      return { steps: [], lastHooks: [], restedSeconds: 0, events: [], refusals };
    },
  } satisfies Difference;
}

function isGateway(provider: string): boolean {
  return provider.startsWith('gatewayapi:');
}

/** Gateway API knows whole values and expressions, of headers and query parameters. */
function isMapped({ headers, queryParams }: WrittenSpec['analysis']['match'][number]): boolean {
  const values = [...Object.values(headers), ...Object.values(queryParams)];
  return (
    values.length > 0 &&
    values.every((value) => Object.keys(value).every((key) => ['exact', 'regex'].includes(key)))
  );
}

const PROVIDERS = ['istio', 'gatewayapi:v1', 'kubernetes'];
const BUILTIN_METRICS = ['request-success-rate', 'request-duration'];

export const REFUSALS: readonly Difference[] = [
  refusal('R29', 'target-shared', (_, { trace, subject }) =>
    subjectsOf(trace).some(({ name, target }) => target === subject.target && name < subject.name),
  ),
  refusal('S11', 'object-conflict', (_, { trace, subject }) => {
    const { apex, target, targetKind } = subject;
    const services = [apex, `${apex}-primary`, `${apex}-canary`];
    return trace.input.some(({ kind, metadata: { name } }) => {
      if (kind === 'Service')
        return services.includes(name) && !(targetKind === kind && name === target);
      return (kind === 'VirtualService' || kind === 'HTTPRoute') && name === apex;
    });
  }),
  refusal('S1', 'unknown-provider', ({ provider }) => !PROVIDERS.includes(provider)),
  refusal('S4', 'unknown-metric', ({ analysis: { metrics } }) =>
    metrics.some(
      ({ name, query, templateRef }) =>
        !BUILTIN_METRICS.includes(name) && query === '' && templateRef === undefined,
    ),
  ),
  refusal('S4', 'template-unusable', ({ analysis: { metrics } }, { trace }) =>
    metrics.some(
      ({ templateRef }) =>
        templateRef !== undefined &&
        !firstObjects(trace).some(
          ({ kind, metadata }) => kind === 'MetricTemplate' && metadata.name === templateRef.name,
        ),
    ),
  ),
  refusal('S8', 'route-inexpressible', ({ provider, service }) => {
    return isGateway(provider) && service.gatewayRefs.length === 0;
  }),
  refusal('R3', 'route-inexpressible', ({ provider, analysis: { match, iterations } }) => {
    return isGateway(provider) && iterations > 0 && !match.every(isMapped);
  }),
  refusal('S9', 'route-inexpressible', ({ provider, analysis: { match, iterations } }) => {
    return provider === 'kubernetes' && (iterations === 0 || match.length > 0);
  }),
  refusal('R30', 'invalid-weights', ({ analysis: { stepWeight, maxWeight, stepWeights } }) => {
    const isWeight = (weight: number) => Number.isInteger(weight) && weight >= 1 && weight <= 100;
    if (stepWeights !== undefined) {
      return stepWeights.some((weight, index) => {
        return !isWeight(weight) || weight <= (stepWeights[index - 1] ?? 0);
      });
    }
    return [stepWeight, maxWeight].some((weight) => weight !== undefined && !isWeight(weight));
  }),
];
