import {
  differingFields,
  type History,
  type Refusal,
  type State,
  stateText,
  type Step,
} from './history.ts';

/** Phases in which a canary goes on by itself: a recording that ends in one was cut off. */
const ON_THE_WAY: ReadonlySet<string> = new Set([
  'Initializing',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
]);

/** Two intervals of the recordings and a bit: whoever has done nothing for so long is at rest. */
const REST_SECONDS = 25;

/** The first difference between what is expected and what was seen, or nothing. */
export function firstDifference(expected: History, seen: History): string | undefined {
  const [refusal] = expected.refusals;
  if (refusal !== undefined) return refusalDifference(refusal, seen);
  for (const [index, step] of expected.steps.entries()) {
    const difference = stepDifference(step, seen.steps[index], index, seen);
    if (difference !== undefined) return difference;
  }
  return endDifference(expected, seen);
}

/** The first event that was told by one alone. A recording that was cut off tells less. */
export function eventDifference(expected: History, seen: History): string | undefined {
  for (const [index, event] of expected.events.entries()) {
    const own = seen.events[index];
    if (event !== own) return `event ${index + 1}: "${event}" expected, got "${own ?? 'none'}"`;
  }
  const next = seen.events[expected.events.length];
  return next === undefined || isCutOff(expected) ? undefined : `event "${next}" not expected`;
}

function refusalDifference(expected: Refusal, seen: History): string | undefined {
  const [first] = seen.steps;
  const got = first === undefined ? refusalText(seen) : stateText(first);
  const isRefused = seen.refusals.some(({ code }) => code === expected.code);
  return first === undefined && isRefused
    ? undefined
    : `refused with ${expected.code} expected, got ${got}`;
}

export function refusalText({ refusals }: History): string {
  const [refusal] = refusals;
  return refusal === undefined ? 'nothing' : `${refusal.code}: ${refusal.message}`;
}

function stepDifference(
  expected: Step,
  seen: Step | undefined,
  index: number,
  history: History,
): string | undefined {
  const where = `step ${index + 1}`;
  if (seen === undefined) {
    return `${where}: ${stateText(expected)} expected, got ${refusalText(history)}`;
  }
  const [field] = differingFields(expected, seen);
  if (field !== undefined) return `${where}: ${fieldDifference(field, expected, seen)}`;
  if (expected.hooks.join() === seen.hooks.join()) return undefined;
  const before = `before ${stateText(expected)}`;
  return `${where}: hooks ${listText(expected.hooks)} expected ${before}, got ${listText(seen.hooks)}`;
}

function fieldDifference(field: keyof State, expected: State, seen: State): string {
  switch (field) {
    case 'intent':
      return `${stateText(expected)}: routing ${intentDifference(expected.intent, seen.intent)}`;
    case 'primary':
      return `${stateText(expected)}: primary ${expected.primary} expected, got ${seen.primary}`;
    case 'phase':
    case 'route':
    case 'iterations':
    case 'failedChecks':
    case 'weight':
      return `${field}: ${stateText(expected)} expected, got ${stateText(seen)}`;
  }
}

/** Where two texts part, with a little of what comes before. */
function intentDifference(expected: string, seen: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === seen[at]) at += 1;
  const from = Math.max(0, at - CONTEXT_SHOWN);
  const part = (text: string) => text.slice(from, from + CONTEXT_SHOWN + DIFFERENCE_SHOWN);
  return `…${part(expected)}… expected, got …${part(seen)}…`;
}

const CONTEXT_SHOWN = 30;
const DIFFERENCE_SHOWN = 60;

function endDifference(expected: History, seen: History): string | undefined {
  const { length } = expected.steps;
  const next = seen.steps[length];
  if (next !== undefined) {
    return isCutOff(expected)
      ? undefined
      : `step ${length + 1}: nothing more expected, got ${stateText(next)}`;
  }
  if (isCutOff(expected) || expected.lastHooks.join() === seen.lastHooks.join()) return undefined;
  return `end: hooks ${listText(expected.lastHooks)} expected, got ${listText(seen.lastHooks)}`;
}

function isCutOff({ steps, restedSeconds }: History): boolean {
  const last = steps.at(-1);
  return last !== undefined && ON_THE_WAY.has(last.phase) && restedSeconds < REST_SECONDS;
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
