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
