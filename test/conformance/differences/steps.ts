import { type History, RUNNING, type State, type Step } from '../history.ts';
import type { Recording } from '../recorded.ts';

/** The steps of a run: its first one, and the first one after it. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

export function runsOf({ steps }: History): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < steps.length; from += 1) {
    if (!isRunning(steps[from])) continue;
    let to = from;
    while (isRunning(steps[to])) to += 1;
    runs.push({ from, to });
    from = to;
  }
  return runs;
}

export function runAt(history: History, index: number): Run | undefined {
  return runsOf(history).find(({ from, to }) => from <= index && index < to);
}

function isRunning(step: State | undefined): boolean {
  return step !== undefined && RUNNING.has(step.phase);
}

/**
 * The run ends after a step, everything is as it was before it, and nothing comes any more of what
 * the recording holds.
 * @param hooks asked before the end
 */
export function endedAfter(
  recording: Recording,
  index: number,
  phase: 'Failed' | 'Initialized',
  hooks: readonly string[] = [],
): History | undefined {
  const run = runAt(recording, index);
  const before = recording.steps[(run?.from ?? 0) - 1];
  if (before === undefined) return undefined;
  const end = { ...atRest(before, phase, recording.steps[index]), hooks };
  return finished([...recording.steps.slice(0, index + 1), end]);
}

/** As it was before a run, at the place of another step. */
export function atRest(before: Step, phase: string, { origin }: Step = before): Step {
  return { ...before, origin, phase, failedChecks: 0, iterations: 0, weight: 0, hooks: [] };
}

export function finished(steps: readonly Step[]): History {
  return { steps, lastHooks: [], restedSeconds: Infinity, events: [], refusals: [] };
}

/** A step with other weights, in a run whose rules all split the same way. */
export function withCanaryWeight(recording: Recording, step: Step, canary: number): Step {
  const pattern = recording.steps.find(({ intent }) => tracksOf(intent).length === 2);
  return {
    ...step,
    weight: canary,
    route: `${100 - canary}/${canary}`,
    intent: pattern === undefined ? step.intent : withShares(pattern.intent, canary),
  };
}

interface Intent {
  readonly rules: readonly { readonly to: readonly { readonly host: string }[] }[];
}

function tracksOf(intent: string): readonly { readonly host: string }[] {
  return intent === '' ? [] : ((JSON.parse(intent) as Intent).rules[0]?.to ?? []);
}

function withShares(intent: string, canary: number): string {
  const parsed = JSON.parse(intent) as Intent;
  const share = (host: string) => (host.endsWith('-canary') ? canary : 100 - canary);
  const rules = parsed.rules.map((rule) => ({
    ...rule,
    to: rule.to
      .map((destination) => ({ ...destination, share: share(destination.host) }))
      .filter((destination) => destination.share !== 0),
  }));
  return JSON.stringify({ ...parsed, rules });
}
