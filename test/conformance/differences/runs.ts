import type { Difference, Facts } from '../differences.ts';
import type { History } from '../history.ts';
import { hooksOf, specOf, thresholdOf } from './canary.ts';
import {
  BEFORE_PROMOTION,
  failedBefore,
  promotedAt,
  releasesOf,
  returnIn,
  wantedAt,
} from './releases.ts';
import { atRest, endedAfter, finished, runAt, runsOf } from './steps.ts';

/** When a run begins, and what ends it. */
export const RUNS: readonly Difference[] = [
  {
    id: 'R11',
    expect(facts) {
      const back = returnIn(facts);
      const hooks = back?.moment?.hooks ?? [];
      return back && endedAfter(facts.recording, back.at, 'Initialized', hooks);
    },
  },
  { id: 'S2', expect: withoutRepeatedFailures },
  { id: 'R1', expect: withPrimaryRestored },
  { id: 'R2', expect: withLostRevision },
  { id: 'R4', expect: withFirstRevisionReplaced },
  {
    id: 'S3',
    expect(facts) {
      const { trace, subject, recording } = facts;
      const target = trace.input.find(
        ({ kind, metadata }) => kind === subject.targetKind && metadata.name === subject.target,
      );
      const { progressDeadlineSeconds: own } = (target?.['spec'] ?? {}) as Fields;
      const canarys = specOf(facts)?.progressDeadlineSeconds ?? 0;
      const last = recording.steps.at(-1);
      const isStuck = last?.phase === 'Progressing' && last.weight === 0 && last.failedChecks === 0;
      const isSooner =
        own !== undefined && own < canarys && recording.restedSeconds > own && isStuck;
      return isSooner ? endedAfter(recording, recording.steps.length - 1, 'Failed') : undefined;
    },
  },
];

/** A first revision whose primary does not come up is waited for, and replaced by the next one. */
function withFirstRevisionReplaced(facts: Facts): History | undefined {
  const [first, second] = facts.recording.steps;
  if (first?.phase !== 'Initializing' || second?.phase !== 'Failed') return undefined;
  const next = releasesOf(facts)[1];
  if (next === undefined) return finished([first]);
  return finished([first, { ...second, phase: 'Initialized', primary: next.images, hooks: [] }]);
}

/**
 * A revision that arrives while Flagger has failed and cannot go on is forgotten. It fares as the one
 * before it did.
 */
function withLostRevision(facts: Facts): History | undefined {
  const { recording } = facts;
  const releases = releasesOf(facts);
  const lost = releases.find(({ at, content }, index) => {
    const next = releases[index + 1];
    const isRun = runsOf(recording).some(({ from }) => from > at && from <= (next?.at ?? Infinity));
    const isNew = content !== promotedAt(facts, releases, at) && !isKnown(releases, index);
    return index > 0 && recording.steps[at]?.phase === 'Failed' && !isRun && isNew;
  });
  const before = runsOf(recording).findLast(({ to }) => to <= (lost?.at ?? -1));
  if (lost === undefined || before === undefined) return undefined;
  const { origin = 0 } = recording.steps[lost.at] ?? {};
  const again = recording.steps
    .slice(before.from, before.to + 1)
    .map((step) => ({ ...step, origin }));
  const steps = [
    ...recording.steps.slice(0, lost.at + 1),
    ...again,
    ...recording.steps.slice(lost.at + 1),
  ];
  return { ...recording, steps, events: [] };
}

function isKnown(releases: ReturnType<typeof releasesOf>, index: number): boolean {
  const content = releases[index]?.content;
  return releases.slice(0, index).some((earlier) => earlier.content === content);
}

/**
 * A promoted primary that does not come up leaves all traffic on the canary with Flagger, for good,
 * and the next revision is given up for the broken primary. With Serin that one fares as the failed
 * one did up to the promotion, because nothing else is known of it.
 */
function withPrimaryRestored(facts: Facts): History | undefined {
  const { recording } = facts;
  const { steps, lastHooks } = recording;
  const failed = steps.findIndex(({ phase, weight }) => phase === 'Failed' && weight > 0);
  const end = steps[failed];
  const run = runAt(recording, failed - 1);
  const before = steps[(run?.from ?? 0) - 1];
  if (end === undefined || run === undefined || before === undefined) return undefined;
  const restored = { ...end, primary: before.primary, failedChecks: 0, iterations: 0 };
  const rested = [...steps.slice(0, failed), restored, atRest(before, 'Failed', end)];
  const next = releasesOf(facts).find(({ at }) => at >= failed);
  if (next === undefined) return { ...finished(rested), lastHooks };
  const again = steps.slice(run.from, failed).map((step) => ({ ...step, origin: end.origin }));
  const promoted = again.at(-1);
  if (promoted === undefined) return undefined;
  const finalising = { ...atRest(before, 'Finalising', end), primary: next.images };
  const told = hooksOf(facts, 'post-rollout');
  const analysed = again.slice(0, -1).map((step, index) => ({
    ...step,
    primary: before.primary,
    hooks: index === 0 ? [...told, ...step.hooks] : step.hooks,
  }));
  const promotedInTheEnd = [
    ...rested,
    ...analysed,
    { ...promoted, primary: next.images },
    finalising,
    { ...finalising, phase: 'Succeeded' },
  ];
  return { ...finished(promotedInTheEnd), lastHooks: told };
}

interface Fields {
  readonly progressDeadlineSeconds?: number;
}

/** Flagger tries a revision again that has failed, once another one was there in between. */
function withoutRepeatedFailures(facts: Facts): History | undefined {
  const { recording } = facts;
  const releases = releasesOf(facts);
  const back = releases.find(({ at, content, moment }) => {
    const { phase = '', failedChecks = 0 } = moment?.state ?? {};
    const isOpen = BEFORE_PROMOTION.has(phase) && failedChecks < thresholdOf(facts);
    return isOpen && failedBefore(facts, releases, at).has(content);
  });
  if (back !== undefined) {
    return endedAfter(recording, back.at, 'Initialized', back.moment?.hooks);
  }
  const failed = new Set<string>();
  const repeated = runsOf(recording).filter(({ from, to }) => {
    const content = wantedAt(releases, from);
    const isAgain = failed.has(content);
    if (recording.steps[to]?.phase === 'Failed') failed.add(content);
    return isAgain;
  });
  if (repeated.length === 0) return undefined;
  const steps = recording.steps.filter(
    (_, index) => !repeated.some(({ from, to }) => from <= index && index <= to),
  );
  // Whoever is told of the end is told once.
  return { ...finished(steps), lastHooks: recording.lastHooks };
}
