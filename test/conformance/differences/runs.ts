import type { Difference, Facts } from '../differences.ts';
import type { History } from '../history.ts';
import { releasesOf, returnIn, wantedAt } from './releases.ts';
import { endedAfter, finished, runsOf } from './steps.ts';

/** When a run begins, and what ends it. */
export const RUNS: readonly Difference[] = [
  {
    id: 'R11',
    expect(facts) {
      const back = returnIn(facts);
      return back && endedAfter(facts.recording, back.at, 'Initialized');
    },
  },
  { id: 'S2', expect: withoutRepeatedFailures },
  {
    id: 'S3',
    expect({ trace, subject, recording }) {
      const target = trace.input.find(
        ({ kind, metadata }) => kind === subject.targetKind && metadata.name === subject.target,
      );
      const { progressDeadlineSeconds: own } = (target?.['spec'] ?? {}) as Fields;
      const { progressDeadlineSeconds: canarys = 600 } = (trace.input.at(-1)?.['spec'] ??
        {}) as Fields;
      const last = recording.steps.at(-1);
      const isStuck = last?.phase === 'Progressing' && last.weight === 0 && last.failedChecks === 0;
      const isSooner =
        own !== undefined && own < canarys && recording.restedSeconds > own && isStuck;
      return isSooner ? endedAfter(recording, recording.steps.length - 1, 'Failed') : undefined;
    },
  },
];

interface Fields {
  readonly progressDeadlineSeconds?: number;
}

/** Flagger tries a revision again that has failed, once another one was there in between. */
function withoutRepeatedFailures(facts: Facts): History | undefined {
  const { recording } = facts;
  const releases = releasesOf(facts);
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
  return finished(steps);
}
