import { canonicalJson } from '../../../engine/core/digest.ts';
import type { Difference, Facts } from '../differences.ts';
import { type Fields, fields, list, text } from '../fields.ts';
import type { History, Step } from '../history.ts';
import { releasesOf } from './releases.ts';
import { isSteady, passingRun } from './passing-run.ts';
import { specOf } from './canary.ts';
import { finished } from './steps.ts';

/** What requests meet the canary, and how. */
export const ROUTING: readonly Difference[] = [
  { id: 'R6', expect: withMirrorLeft },
  { id: 'S12', expect: withAllConditions },
];

/** Flagger looks for its mirror in the route of the Gateway API, where it never writes one. */
function withMirrorLeft(facts: Facts): History | undefined {
  const { steps } = facts.recording;
  const { provider = '', analysis } = specOf(facts) ?? {};
  const last = steps.at(-1);
  const before = steps.at(-2);
  const isGateway = provider.startsWith('gatewayapi:');
  const isMirrored = analysis?.mirror === true && analysis.iterations === 0;
  if (!isGateway || !isMirrored || last?.phase !== 'Progressing' || before === undefined) {
    return undefined;
  }
  const released = releasesOf(facts).at(-1)?.images ?? '';
  if (!isSteady(facts)) return undefined;
  const run = passingRun(facts, last).map((step) =>
    ['Promoting', 'Finalising', 'Succeeded'].includes(step.phase)
      ? { ...step, primary: released }
      : step,
  );
  return finished([...steps.slice(0, -1), ...run]);
}

/**
 * Where both the service and the analysis put conditions on requests, Flagger takes the headers of
 * the analysis in place of the service's, and forgets its query parameters.
 */
function withAllConditions({ trace, recording }: Facts): History | undefined {
  const spec = fields(trace.input.at(-1)?.['spec']);
  const { match: chosen, iterations } = fields(spec['analysis']);
  const own = list(fields(spec['service'])['match']);
  if (own.length === 0 || list(chosen).length === 0 || !(Number(iterations) > 0)) return undefined;
  if ((text(spec['provider']) || 'istio') !== 'istio') return undefined;
  const match = list(chosen).flatMap((one) => own.map((other) => joined(one, other)));
  const steps = recording.steps.map((step) => withFirstMatch(step, match));
  const isSame = steps.every(({ intent }, index) => intent === recording.steps[index]?.intent);
  return isSame ? undefined : { ...recording, steps };
}

const CONDITIONS = ['headers', 'queryParams', 'sourceLabels'];

function joined(analysis: Fields, service: Fields): Fields {
  const both = CONDITIONS.flatMap((name) => {
    const conditions = { ...fields(service[name]), ...fields(analysis[name]) };
    return Object.keys(conditions).length === 0 ? [] : [[name, conditions] as const];
  });
  return { ...service, ...Object.fromEntries(both) };
}

function withFirstMatch(step: Step, match: readonly Fields[]): Step {
  if (step.intent === '') return step;
  const { rules, ...others } = fields(JSON.parse(step.intent));
  const [first, ...rest] = list(rules);
  return { ...step, intent: canonicalJson({ ...others, rules: [{ ...first, match }, ...rest] }) };
}
