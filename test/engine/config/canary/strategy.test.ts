import { describe, expect, it } from 'vitest';
import { loadRoutes, routeProblems } from './routes.ts';

const match = [{ headers: { 'x-canary': { exact: 'insider' } } }];
const resolved = [{ ...match[0], queryParams: {}, sourceLabels: {} }];
/** The builder's Canary climbs by 10; these are written in place of that. */
const iterations = (count: number) => ({ stepWeight: undefined, iterations: count });

function strategyOf(analysis: object) {
  const loaded = loadRoutes({ analysis });
  expect(loaded.problems).toEqual([]);
  return loaded.canaries[0]?.spec.analysis.strategy;
}

describe('a written strategy', () => {
  it.each([
    ['climbs', { stepWeight: 50 }, { kind: 'canary', stepWeights: [50, 100] }],
    [
      'climbs within a match',
      { stepWeight: 50, match },
      { kind: 'canary', stepWeights: [50, 100], match: resolved },
    ],
    [
      'mirrors every request first, unless it says how many',
      { stepWeight: 50, mirror: true },
      { kind: 'canary', stepWeights: [50, 100], mirror: { percent: 100 } },
    ],
    ['counts blue/green', iterations(2), { kind: 'blue-green', iterations: 2 }],
    [
      'mirrors a share of the requests in blue/green',
      { ...iterations(2), mirror: true, mirrorWeight: 20 },
      { kind: 'blue-green', iterations: 2, mirror: { percent: 20 } },
    ],
    [
      'tests those who match',
      { ...iterations(2), match },
      { kind: 'ab-testing', iterations: 2, match: resolved },
    ],
    [
      'takes what says nothing for nothing',
      { ...iterations(2), match: [], mirror: false, mirrorWeight: 0 },
      { kind: 'blue-green', iterations: 2 },
    ],
  ])('%s', (_, analysis, strategy) => {
    expect(strategyOf(analysis)).toEqual(strategy);
  });

  it.each([
    [
      { mirror: true, mirrorWeight: 150 },
      'invalid-weights at spec.analysis.mirrorWeight: spec.analysis.mirrorWeight is 150; it is whole, 0 to 100',
    ],
    [
      { ...iterations(2), match, mirror: true },
      'invalid-strategy at spec.analysis.mirror: spec.analysis.mirror has no part in A/B testing: nothing would be copied',
    ],
    [
      { match: [{ uri: { prefix: '/' } }] },
      'unknown-field at spec.analysis.match[0].uri: spec.analysis.match[0].uri is not a known field',
    ],
  ])('is refused: %j', (analysis, problem) => {
    expect(
      routeProblems({ analysis }).map((text) => text.split(';').slice(0, -1).join(';')),
    ).toEqual([problem]);
  });
});

describe('what has the wrong form', () => {
  it.each([
    [{ stepWeight: Number.NaN }, /stepWeight is NaN: .*; write a number$/],
    [{ stepWeight: Number.POSITIVE_INFINITY }, /stepWeight is Infinity: .*; write a number$/],
    [{ stepWeight: '10' }, /stepWeight is "10": .*; write a number$/],
    [{ threshold: 2.5 }, /threshold is 2\.5: .*; write a whole number$/],
    [{ mirror: 'always' }, /mirror is "always": .*; write true or false$/],
    [{ ...iterations(2), match: 'x-beta' }, /match is "x-beta": .*; write a list$/],
    [
      { match: [{ uri: { prefix: '/' } }] },
      /match\[0\]\.uri .*; remove it: it has no meaning here$/,
    ],
  ])('is told with its value and what to write: %j', (analysis, problem) => {
    expect(routeProblems({ analysis }).at(-1)).toMatch(problem);
  });

  it('is told alone, where the routes cannot be thought of without it', () => {
    const analysis = { ...iterations(2), match: [{ headers: { 'x-beta': { exact: true } } }] };
    expect(routeProblems({ provider: 'kubernetes', analysis })).toEqual([
      expect.stringContaining('match[0].headers.x-beta.exact is true'),
    ]);
  });
});
