import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisMatch, CanarySpec, RequestMatch } from '../../../constructs/canary-spec.ts';
import { renderTraffic } from '../../../constructs/index.ts';
import { routeLimits } from '../../../constructs/traffic/traffic.ts';
import { hasSchema, schemaErrors } from '../../support/crd-schema.ts';
import {
  byLetters,
  byParts,
  gatewayShares,
  istioShares,
  meets,
  type Request,
} from './route-reading.ts';
import { routedSpec } from './routed-spec.ts';

const selectorLabel = { key: 'app', value: 'reviews' };
const paths = fc.constantFrom('/', '/api', '/api/v1', '/apis');
const values = fc.constantFrom('1', '2', '3');
const condition = fc.oneof(
  values.map((exact) => ({ exact })),
  fc.constantFrom('1|2', '2|3').map((regex) => ({ regex })),
);
const conditions = (names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), condition, { maxKeys: 2 });
const headers = conditions(['a', 'b', 'B']);
const serviceMatch: fc.Arbitrary<RequestMatch> = fc.record(
  {
    uri: fc.oneof(
      paths.map((prefix) => ({ prefix })),
      paths.map((exact) => ({ exact })),
    ),
    headers,
    queryParams: conditions(['q']),
  },
  { requiredKeys: [] },
);
const labels = fc.dictionary(fc.constant('app'), values, { maxKeys: 1 });
const analysisMatch = (sourceLabels: fc.Arbitrary<Record<string, string>>) =>
  fc.record({ headers, queryParams: conditions(['q', 'r']), sourceLabels });
const request: fc.Arbitrary<Request> = fc.record({
  path: paths,
  headers: fc.dictionary(fc.constantFrom('a', 'b'), values),
  query: fc.dictionary(fc.constantFrom('q', 'r'), values),
  labels,
});

function spec(
  provider: CanarySpec['provider'],
  match: readonly RequestMatch[],
  chosen: readonly AnalysisMatch[],
): CanarySpec {
  const strategy = { kind: 'ab-testing', iterations: 3, match: chosen } as const;
  return routedSpec(provider, match.length === 0 ? {} : { match }, { strategy });
}

const PROVIDERS = [
  ['istio', istioShares, byLetters, labels],
  ['gatewayapi:v1', gatewayShares, byParts, fc.constant({})],
] as const;

describe.each(PROVIDERS)('an A/B test on %s', (provider, sharesOf, isPrefix, sourceLabels) => {
  const cases = fc.record({
    service: fc.array(serviceMatch, { maxLength: 3 }),
    chosen: fc.array(analysisMatch(sourceLabels), { minLength: 1, maxLength: 3 }),
    requests: fc.array(request, { minLength: 5, maxLength: 20 }),
  });
  const state = { weights: { primary: 0, canary: 100 }, mirrored: false };

  it('gives the canary exactly the requests that meet both matches, or is refused', () => {
    fc.assert(
      fc.property(cases, ({ service, chosen, requests }) => {
        const asked = spec(provider, service, chosen);
        fc.pre(routeLimits(provider, asked).length === 0);
        const route = renderTraffic({ spec: asked, state, selectorLabel }).at(-1);
        if (route === undefined) throw new Error('nothing was rendered');
        for (const one of requests) {
          const meetsAny = (matches: readonly RequestMatch[]) =>
            matches.some((match) => meets(one, match, isPrefix));
          const isRouted = service.length === 0 || meetsAny(service);
          const isChosen = isRouted && meetsAny(chosen);
          const expected = isChosen
            ? { primary: 0, canary: 100 }
            : isRouted
              ? { primary: 100, canary: 0 }
              : undefined;
          expect(sharesOf(route, one), JSON.stringify(one)).toEqual(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has a form that the definition of its route knows', () => {
    fc.assert(
      fc.property(cases, ({ service, chosen }) => {
        const asked = spec(provider, service, chosen);
        fc.pre(routeLimits(provider, asked).length === 0);
        const manifests = renderTraffic({ spec: asked, state, selectorLabel });
        expect(manifests.filter(hasSchema).flatMap(schemaErrors)).toEqual([]);
      }),
    );
  });
});
