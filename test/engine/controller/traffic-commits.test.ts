import { describe, expect, it } from 'vitest';
import type { Taken } from '../../../engine/controller/taken.ts';
import { TrafficCommits } from '../../../engine/controller/traffic-commits.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import { aRecord, aRunningRecord } from '../../support/builders.ts';
import { write } from '../../support/git-sandbox.ts';

const ROUTE = 'traffic/default/reviews/virtualservice-reviews.yaml';
const RECORD = 'rollouts/default/reviews/record.yaml';

function aTaken(before: RolloutRecord | undefined, after: RolloutRecord, path = ROUTE): Taken {
  const change = { kind: 'advance', weights: { primary: 70, canary: 30 }, reason: 'x' } as const;
  const draft = { message: 'x\n', changes: [write(path, 'x')], atMs: 0 };
  return { change, before, after, draft };
}

const resting = aRecord();
const [started, raised, checked] = [aRunningRecord(), aRunningRecord(), aRunningRecord()];

describe('the commits of a rollout that an engine remembers', () => {
  it('are all that moved its traffic, newest first, where it made the first of them', () => {
    const commits = new TrafficCommits();
    commits.pushed(aTaken(resting, started), 'a');
    commits.pushed(aTaken(started, raised), 'b');
    commits.pushed(aTaken(raised, checked, RECORD), 'c');
    expect(commits.of(checked)).toMatchObject({ commits: ['b', 'a'] });
    expect(commits.of(checked)).not.toHaveProperty('from');
  });

  it('say from where on the history is to be asked where another one began the rollout', () => {
    const commits = new TrafficCommits();
    commits.pushed(aTaken(started, checked, RECORD), 'b');
    commits.pushed(aTaken(checked, raised), 'c');
    expect(commits.of(raised)).toMatchObject({ commits: ['c'], from: 'b' });
  });

  it('are nobody’s once somebody else has decided in between', () => {
    const commits = new TrafficCommits();
    commits.pushed(aTaken(resting, started), 'a');
    expect(commits.of(raised)).toBeUndefined();
    commits.pushed(aTaken(raised, checked), 'c');
    expect(commits.of(checked)).toMatchObject({ commits: ['c'], from: 'c' });
  });

  it('are those of the newest rollout alone', () => {
    const commits = new TrafficCommits();
    commits.pushed(aTaken(resting, started), 'a');
    const next = aRunningRecord({}, { number: 2 });
    commits.pushed(aTaken(started, next), 'b');
    expect(commits.of(next)).toMatchObject({ commits: ['b'] });
  });
});
