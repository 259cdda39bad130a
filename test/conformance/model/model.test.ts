import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDice } from '../../simulation/random.ts';
import { firstDifference } from '../compare.ts';
import { compareTrace } from '../conformance.ts';
import { fields, list } from '../fields.ts';
import { ownSubject, recordedHistory } from '../recorded.ts';
import { readTraces, type Trace } from '../trace.ts';
import { aCase, EVERYTHING } from './cases.ts';
import { record } from './record.ts';
import { scenarios } from './scenarios.ts';

const traces = readTraces(join(import.meta.dirname, '../traces')).flatMap(({ name, read }) =>
  'trace' in read ? [[name, read.trace] as const] : [],
);

/** Nothing but the control loop plays a part. */
function isWithinModel({ input, script }: Trace): boolean {
  const spec = fields(input.at(-1)?.['spec']);
  const analysis = fields(spec['analysis']);
  const target = input[0];
  return (
    input.length === 2 &&
    target?.kind === 'Deployment' &&
    (spec['provider'] ?? 'istio') === 'istio' &&
    spec['metricsServer'] === undefined &&
    Object.keys(fields(spec['service'])).join() === 'port' &&
    analysis['sessionAffinity'] === undefined &&
    !JSON.stringify(target).includes('volumes') &&
    list(analysis['metrics']).every(({ query }) => query === undefined) &&
    script.actions.every(
      (action) =>
        action.do === 'template' ||
        action.do === 'vsweights' ||
        (action.do === 'patch' && ['Canary', 'Deployment'].includes(action.kind)),
    )
  );
}

const within = traces.filter(([, trace]) => isWithinModel(trace));

const CASES = 30;

describe('the model of Flagger', () => {
  it('covers most recordings', () => {
    expect(within.length).toBeGreaterThan(50);
  });

  it.each(within)('does what was recorded as %s', (_, trace) => {
    const subject = ownSubject(trace);
    const recorded = recordedHistory(trace, subject);
    const { scenario, input, script } = trace;
    const modelled = record(scenario, input, script, recorded.settleSeconds);
    expect(firstDifference(recorded, recordedHistory(modelled, subject))).toBeUndefined();
  });

  it.each(scenarios().map((trace) => [trace.scenario, trace] as const))(
    'has Serin do the same in %s',
    async (_, trace) => {
      const comparisons = await compareTrace(trace);
      expect(comparisons.flatMap(({ difference }) => difference ?? [])).toEqual([]);
    },
  );

  it(`has Serin do the same in ${CASES} other cases`, async () => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const trace = aCase(`case-${seed}`, createDice(seed), EVERYTHING);
      for (const { difference } of await compareTrace(trace)) {
        expect(difference, `seed ${seed}`).toBeUndefined();
      }
    }
  }, 180_000);
});
