import { expect } from 'vitest';
import { createBranchHistory } from '../../../engine/adapters/git/branch-history.ts';
import { type Verified, verifyBranch } from '../../../engine/controller/verify/verify-branch.ts';
import type { AuditedCommit } from '../../../engine/ports/branch-history.ts';
import { parseTrailers } from '../../support/trailers.ts';
import { CANARIES } from './race-world.ts';
import { BRANCH, type Race } from './run-race.ts';
import { stepsOf, type Story, takenOf } from './story.ts';

/** Everything that must hold of the branch after a race. */
export async function judge(race: Race, story: Story): Promise<Verified> {
  const clone = race.remote.clone();
  expect((await clone.fetch([BRANCH])).kind).toBe('fetched');
  const history = createBranchHistory({ clone, branch: BRANCH, signatures: false });
  const commits: AuditedCommit[] = [];
  for await (const portion of history.commits()) commits.push(...portion);

  expectMovedForward(race, commits);
  expectDecisions(race, commits, story);
  expectForeignBytes(race, commits);
  const read = (blobs: readonly string[]) => clone.objects.read(blobs);
  const verified = await verifyBranch({ history, read }, { signed: false });
  expect(verified.broken).toBeUndefined();
  expect(verified.commits).toBe(commits.length);
  return verified;
}

/** No move of the branch took anything away, and who was told that a commit is there was told right. */
function expectMovedForward(
  { moves, told, person }: Race,
  commits: readonly AuditedCommit[],
): void {
  const places = new Map(commits.map(({ commit }, place) => [commit, place]));
  let place = -1;
  let tip = '0'.repeat(40);
  for (const { before, after } of moves) {
    expect(before).toBe(tip);
    const next = places.get(after) ?? -1;
    expect(next, `${after} is on the branch, after ${before}`).toBeGreaterThan(place);
    [place, tip] = [next, after];
  }
  expect(place).toBe(commits.length - 1);
  expect([...told, ...person.taken].filter((commit) => !places.has(commit))).toEqual([]);
}

/** Each canary's decisions are those of an engine that was alone: none lost, doubled or skipped. */
function expectDecisions(
  { releases }: Race,
  commits: readonly AuditedCommit[],
  story: Story,
): void {
  const canaryOf = ({ message }: AuditedCommit) =>
    parseTrailers(message).find(({ key }) => key === 'Canary')?.value;
  for (const canary of CANARIES) {
    const own = commits.filter((commit) => canaryOf(commit) === canary);
    const steps = own.map(({ message }) => takenOf(message).step);
    expect(steps, canary).toEqual(stepsOf(story, releases.versionOf(canary)));
  }
}

/** What people wrote is there to the byte, as they left it, and nothing of it was written by another. */
function expectForeignBytes({ remote, person }: Race, commits: readonly AuditedCommit[]): void {
  const wanted = new Map<string, string>();
  for (const { commit, message } of commits) {
    if (message.includes('\nDecision: ')) continue;
    const edits = person.made.get(commit);
    expect(edits, `${commit} is a person's`).toBeDefined();
    for (const { path, text } of edits ?? []) {
      if (text === undefined) wanted.delete(path);
      else wanted.set(path, text);
    }
  }
  const paths = remote.git('ls-tree', '-r', '-z', '--name-only', BRANCH).split('\0');
  const foreign = paths.filter((path) => path !== '' && (!ENGINES.test(path) || wanted.has(path)));
  expect(foreign.toSorted()).toEqual([...wanted.keys()].toSorted());
  for (const [path, text] of wanted) expect(remote.file(BRANCH, path), path).toBe(text);
  expect(paths.filter((path) => path.endsWith('/control.yaml') && !wanted.has(path))).toEqual([]);
}

const ENGINES = /^(workloads|traffic|rollouts)\//;
