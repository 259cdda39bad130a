import type { Difference, Facts } from '../differences.ts';
import type { History, Step } from '../history.ts';
import type { Moment } from '../script.ts';
import { isOpen } from '../scripted-answers.ts';
import { hooksOf, thresholdOf } from './canary.ts';
import { failedBefore, promotedAt, releasesOf } from './releases.ts';
import { atRest, runAt } from './steps.ts';

/** What becomes of a run when a newer revision arrives, or when it has failed once too often. */
export const RESTARTS: readonly Difference[] = [
  { id: 'S5', expect: withoutTickAfterThreshold },
  { id: 'R10', expect: withApprovalOfEach },
];

/**
 * The tick in which Flagger rolls back asks the rollback hooks first, and sees a newer revision
 * instead of the threshold: with Serin the rollout has failed by then.
 */
function withoutTickAfterThreshold(facts: Facts): History | undefined {
  const { steps } = facts.recording;
  const threshold = thresholdOf(facts);
  const told = hooksOf(facts, 'rollback');
  const releases = releasesOf(facts);
  let hasChanged = false;
  const changed = steps.flatMap((step, index) => {
    const before = steps[index - 1];
    if (before === undefined || before.failedChecks < threshold) return [step];
    if (step.failedChecks >= threshold) return [step];
    const hooks = step.hooks.filter((name) => !told.includes(name));
    hasChanged ||= step.phase !== 'Failed' || hooks.length < step.hooks.length;
    if (step.phase === 'Failed') return [{ ...step, hooks }];
    const base = steps[(runAt(facts.recording, index)?.from ?? 0) - 1];
    const newer = releases.find(({ at }) => at === index - 1);
    if (base === undefined || newer?.moment === undefined) return [step];
    const posts = hooksOf(facts, 'post-rollout');
    const [first, ...others] = approved(facts, newer.moment, step);
    const asked = { ...first, hooks: [...posts, ...first.hooks] };
    return [atRest(base, 'Failed', before), asked, ...others];
  });
  // What has failed before is not tried again, and nothing follows.
  const given = releases.find(({ at, content }) => {
    const isLast = (steps[at]?.failedChecks ?? 0) >= threshold;
    return isLast && failedBefore(facts, releases, at).has(content);
  });
  const end = changed.findIndex(({ phase, origin }) => phase === 'Failed' && origin === given?.at);
  const left = end < 0 ? changed : changed.slice(0, end + 1);
  return hasChanged ? { ...facts.recording, steps: left, events: [] } : undefined;
}

/** Whoever approved a revision has not approved the one that replaces it in mid-run. */
function withApprovalOfEach(facts: Facts): History | undefined {
  const { recording } = facts;
  const threshold = thresholdOf(facts);
  const releases = releasesOf(facts);
  const replacing = releases.filter(({ at, moment, content }, index) => {
    const phase = moment?.state.phase;
    const isAnalysed = phase === 'Progressing' || phase === 'WaitingPromotion';
    const hasFailed = (moment?.state.failedChecks ?? 0) >= threshold;
    return index > 0 && isAnalysed && !hasFailed && content !== promotedAt(facts, releases, at);
  });
  if (hooksOf(facts, 'confirm-rollout').length === 0 || replacing.length === 0) return undefined;
  let steps = recording.steps;
  for (const { at, moment } of replacing.toReversed()) {
    // A run that has not come anywhere yet begins anew without anybody seeing it.
    const restart = moment !== undefined && isFresh(moment.state) ? at : at + 1;
    const restarted = steps[restart];
    const next = steps[restart + 1];
    if (moment === undefined || restarted === undefined || next === undefined) continue;
    const [first, ...others] = approved(facts, moment, restarted);
    const isOpenAtOnce = others.length === 0;
    const asked = isOpenAtOnce ? [] : [first, ...others];
    const hooks = isOpenAtOnce ? [...first.hooks, ...next.hooks] : next.hooks;
    steps = [
      ...steps.slice(0, restart + 1),
      ...asked,
      { ...next, hooks: [...new Set(hooks)] },
      ...steps.slice(restart + 2),
    ];
  }
  return { ...recording, steps, events: [] };
}

function isFresh({ phase, route, ...counters }: Moment['state']): boolean {
  const isZero = counters.failedChecks === 0 && counters.iterations === 0 && counters.weight === 0;
  return phase === 'Progressing' && isZero && /^100\/0( |$)/.test(route);
}

/** The start of a run, with the hooks that must approve it, and with the wait until they do. */
function approved(facts: Facts, { calls }: Moment, start: Step): readonly [Step, ...Step[]] {
  const gates = hooksOf(facts, 'confirm-rollout');
  const taken = new Map(calls);
  const ask = (): { readonly asked: readonly string[]; readonly open: boolean } => {
    const asked: string[] = [];
    for (const gate of gates) {
      asked.push(gate);
      const index = taken.get(gate) ?? 0;
      taken.set(gate, index + 1);
      if (!isOpen(facts.trace, gate, index)) return { asked, open: false };
    }
    return { asked, open: true };
  };
  const first = ask();
  if (first.open) return [{ ...start, hooks: first.asked }];
  const later = new Set<string>();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { asked, open } = ask();
    for (const gate of asked) later.add(gate);
    if (open) break;
  }
  return [
    { ...start, phase: 'Waiting', hooks: first.asked },
    { ...start, hooks: [...later] },
  ];
}

const ROUNDS_MAX = 100;
