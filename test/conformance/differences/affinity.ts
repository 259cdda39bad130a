import { canonicalJson } from '../../../engine/core/digest.ts';
import type { Difference, Facts } from '../differences.ts';
import { type Fields, fields, list } from '../fields.ts';
import type { History, Step } from '../history.ts';

/** Sessions that keep to a track. */
export const AFFINITY: readonly Difference[] = [
  { id: 'R31', expect: withRoutesAsWritten },
  { id: 'S7', expect: withAttributes },
];

/** Browsers take a cookie back only for the path and domain that it was given for. */
function withAttributes({ recording }: Facts): History | undefined {
  const attributes = new Map<string, string>();
  let hasChanged = false;
  const steps = recording.steps.map((step) => {
    for (const [, cookie = '', given = ''] of step.intent.matchAll(GIVEN)) {
      attributes.set(cookie, given);
    }
    const intent = step.intent.replaceAll(TAKEN_BACK, (taken, cookie: string) => {
      const given = attributes.get(cookie) ?? '';
      hasChanged ||= given !== '';
      return given === '' ? taken : `"${cookie}; Max-Age=-1${given}"`;
    });
    return { ...step, intent };
  });
  return hasChanged ? { ...recording, steps } : undefined;
}

const GIVEN = /"([^";]+=#\d+); Max-Age=\d+([^"]*)"/g;
const TAKEN_BACK = /"([^";]+=#\d+); Max-Age=-1"/g;

/**
 * Without a cookie for the primary Flagger compares none of the routes, so that an edit of the service is only seen with the next
 * step; and what takes the cookie back ends up in the route of everybody else, too.
 */
function withRoutesAsWritten(facts: Facts): History | undefined {
  const { trace, recording } = facts;
  const spec = fields(trace.input.at(-1)?.['spec']);
  const { sessionAffinity } = fields(spec['analysis']);
  if (sessionAffinity === undefined) return undefined;
  const mended = recording.steps.map(withoutLeak);
  const edited = trace.script.actions.findIndex(
    (action) =>
      action.do === 'patch' &&
      action.kind === 'Canary' &&
      fields(action.patch['spec'])['service'] !== undefined,
  );
  const steps = withEditSeen(mended, recording.acts[edited]);
  const isSame = steps.length === recording.steps.length && steps.every(isLike(recording.steps));
  return isSame ? undefined : { ...recording, steps };
}

function isLike(others: readonly Step[]) {
  return ({ intent }: Step, index: number) => intent === others[index]?.intent;
}

function withoutLeak(step: Step): Step {
  const { rules, ...others } = fields(parsed(step.intent));
  const all = list(rules);
  const last = all.at(-1);
  const { response, ...headers } = fields(last?.['headers']);
  const { add, ...changes } = fields(response);
  const { 'Set-Cookie': leaked, ...own } = fields(add);
  if (all.length < 2 || leaked === undefined) return step;
  const rule = { ...last, headers: { ...headers, response: { ...changes, add: own } } };
  return { ...step, intent: canonicalJson({ ...others, rules: [...all.slice(0, -1), rule] }) };
}

/** The routes at rest, as they are written after the edit: the next ones of everybody, undivided. */
function withEditSeen(steps: readonly Step[], at: number | undefined): readonly Step[] {
  const before = at === undefined ? undefined : steps[at];
  const seen = steps.findIndex(
    ({ intent }, index) => index > (at ?? 0) && intent !== before?.intent,
  );
  const next = steps[seen];
  if (at === undefined || before === undefined || next === undefined) return steps;
  if (seen === at + 1 && next.phase === before.phase) return steps;
  const { rules, ...others } = fields(parsed(next.intent));
  const [atRest] = list(fields(parsed(before.intent))['rules']);
  const rule: Fields = { ...list(rules).at(-1), to: atRest?.['to'] };
  const intent = canonicalJson({ ...others, rules: [rule] });
  return [
    ...steps.slice(0, at + 1),
    { ...before, intent, hooks: [] },
    ...steps.slice(at + 1, seen).map((step) => ({ ...step, intent })),
    ...steps.slice(seen),
  ];
}

function parsed(intent: string): unknown {
  return intent === '' ? {} : JSON.parse(intent);
}
