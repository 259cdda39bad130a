import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../constructs/manifest.ts';
import { routeDifference } from '../../../engine/core/route-difference.ts';

const route = (primary: number, canary: number) => [
  { destination: { host: 'reviews-primary' }, weight: primary },
  { destination: { host: 'reviews-canary' }, weight: canary },
];
const chosen = (condition: JsonObject) => ({
  match: [{ headers: { 'x-canary': condition } }],
  route: route(0, 100),
});
const first = chosen({ exact: 'yes' });
const rest = { route: route(100, 0) };
const committed = { hosts: ['reviews'], http: [first, rest] };
const withRules = (...http: readonly JsonObject[]) => ({ ...committed, http });

describe('a live route', () => {
  it('is as committed when every committed field is there and equal', () => {
    expect(routeDifference(committed, structuredClone(committed))).toBeUndefined();
  });

  it('may have fields of a server or of a neighbour that steer nothing', () => {
    const live = { ...withRules({ ...first, timeout: '5s' }, rest), note: 'x' };
    expect(routeDifference(committed, live)).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    [
      'other weights',
      withRules({ ...first, route: route(10, 90) }, rest),
      'spec.http[0].route[0].weight is 10, committed is 0',
    ],
    [
      'another condition',
      withRules(chosen({ regex: '.*' }), rest),
      'spec.http[0].match[0].headers.x-canary.exact is missing',
    ],
    [
      'one condition less',
      withRules({ route: route(0, 100) }, rest),
      'spec.http[0].match is missing',
    ],
    [
      'one condition more',
      withRules(first, { ...rest, match: [] }),
      'spec.http[1].match was added',
    ],
    ['its rules in another order', withRules(rest, first), 'spec.http[0].match is missing'],
    [
      'its destinations in another order',
      withRules(first, { route: route(100, 0).toReversed() }),
      'spec.http[1].route[0].destination.host is "reviews-canary", committed is "reviews-primary"',
    ],
    ['a rule more', withRules(first, rest, rest), 'spec.http has 3 entries, committed are 2'],
    ['a fault', withRules(first, { ...rest, fault: {} }), 'spec.http[1].fault was added'],
    ['rules of another kind', { ...committed, tcp: [] }, 'spec.tcp was added'],
  ])('is not as committed with %s', (_, live, difference) => {
    expect(routeDifference(committed, live)).toBe(difference);
  });

  it('is as committed when it is equal, whatever its values', () => {
    const json = fc.dictionary(
      fc.constantFrom('http', 'match', 'weight'),
      fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonObject[string]>,
    );
    fc.assert(
      fc.property(json, (one) => {
        expect(routeDifference(one, structuredClone(one))).toBeUndefined();
      }),
    );
  });
});
