import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BareClone } from '../engine/adapters/git/bare-clone.ts';
import { createGit } from '../engine/adapters/git/create-git.ts';
import { importStream } from '../engine/adapters/git/fast-import.ts';
import { createGitDeliveryRepository } from '../engine/adapters/git/git-delivery-repository.ts';
import type { CommitDraft } from '../engine/ports/delivery-repository.ts';
import { advance, createFleet } from './fleet.ts';
import { type Bench, median, type Row, timedMs } from './measure.ts';

const BRANCH = 'delivery/bench';
const PERSON = { name: 'Serin', email: 'serin@localhost' };
const SIGNATORIES = { author: PERSON, committer: PERSON };
const ROUNDS = 5;
const SIZE = 1_000;

/**
 * What `publish` costs for many decisions in one push, against plain `git fast-import` and
 * `git push` of the same bytes. Both push to a fresh bare repository on disk, in alternating rounds.
 */
export const gitBench: Bench = {
  name: 'git',
  async run() {
    const fleet = createFleet(SIZE);
    const drafts = fleet.members.map(advance);
    const ours: number[] = [];
    const raw: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await publishMs(fleet.start, drafts));
      raw.push(await rawMs(fleet.start, drafts));
    }
    return [rowOf(median(ours), median(raw))];
  },
};

function rowOf(oursMs: number, rawMsMedian: number): Row {
  const perSecond = (durationMs: number) => Math.round(SIZE / (durationMs / 1000));
  return {
    bench: 'git',
    what: `${SIZE} due canaries, a commit each, one push`,
    unit: 'commits/s',
    ours: perSecond(oursMs),
    reference: perSecond(rawMsMedian),
    referenceName: 'git fast-import + git push',
    ratio: oursMs / rawMsMedian,
    aim: '<= 1.5',
  };
}

/** A remote with the fleet's state on its branch, and a clone of it as the engine keeps one. */
async function withRemote<T>(
  start: CommitDraft,
  use: (world: { readonly url: string; readonly folder: string }) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-bench-'));
  try {
    const git = createGit({ folder, env: process.env });
    await git.run(['init', '--bare', '--quiet', 'remote.git']);
    const remote = createGit({ folder: join(folder, 'remote.git'), env: process.env });
    await remote.run(['config', 'uploadpack.allowFilter', 'true']);
    const url = pathToFileURL(join(folder, 'remote.git')).href;
    const clone = new BareClone({ url, cacheFolder: join(folder, 'setup'), env: process.env });
    const delivery = createGitDeliveryRepository({ clone, branch: BRANCH, ...SIGNATORIES });
    await delivery.refresh();
    await delivery.publish([start], undefined);
    return await use({ url, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function publishMs(start: CommitDraft, drafts: readonly CommitDraft[]): Promise<number> {
  return withRemote(start, async ({ url, folder }) => {
    const clone = new BareClone({ url, cacheFolder: join(folder, 'cache'), env: process.env });
    const delivery = createGitDeliveryRepository({ clone, branch: BRANCH, ...SIGNATORIES });
    const refreshed = await delivery.refresh();
    const tip = refreshed.kind === 'fresh' ? refreshed.tip : undefined;
    // The engine has listed the tip before it decides.
    if (tip !== undefined) await delivery.list(tip, 'rollouts');
    return timedMs(async () => {
      const outcome = await delivery.publish(drafts, tip);
      if (outcome.kind !== 'pushed') throw new Error(`not pushed: ${outcome.kind}`);
    });
  });
}

function rawMs(start: CommitDraft, drafts: readonly CommitDraft[]): Promise<number> {
  return withRemote(start, async ({ url, folder }) => {
    const outside = createGit({ folder, env: process.env, remote: { url } });
    await outside.remote(['clone', '--quiet', '--bare', url, 'raw.git']);
    const git = createGit({ folder: join(folder, 'raw.git'), env: process.env, remote: { url } });
    const tip = (await git.run(['rev-parse', `refs/heads/${BRANCH}`])).trim();
    const onto = { commit: tip, tree: new Map<string, string>() };
    const { text } = importStream(drafts, onto, `refs/heads/${BRANCH}`, SIGNATORIES);
    return timedMs(async () => {
      const imported = await git.pipe(['fast-import', '--quiet', '--done'], text);
      const pushed = await git.remote(['push', '--quiet', url, `refs/heads/${BRANCH}`]);
      if (imported.code !== 0 || pushed.code !== 0)
        throw new Error(imported.stderr + pushed.stderr);
    });
  });
}
