import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planCommits } from '../engine/adapters/git/commit-plan.ts';
import { importStream } from '../engine/adapters/git/fast-import.ts';
import { createSigningKey, type SigningKey } from '../engine/adapters/git/signing/open-signer.ts';
import type { CommitDraft, DeliveryRepository } from '../engine/ports/delivery-repository.ts';
import { advance, createFleet, type Member } from './fleet.ts';
import { type Bench, median, type Row, type Size, timedMs } from './measure.ts';
import {
  BRANCH,
  createRemote,
  git,
  IDENTITY,
  inFolder,
  longHistory,
  type LongHistory,
  openDelivery,
  SIGNATORIES,
} from './workplace.ts';

/** A canary in mid-rollout has four steps left in it. */
const ROUNDS = 4;
/** Pushes of one change each that are timed; the rest would take as long again and again. */
const SINGLE_PUSHES = 12;

const SIZES: Readonly<Record<Size, readonly number[]>> = {
  full: [1, 100, 1_000, 10_000],
  small: [1, 50],
};
/** As many cells as there are by default. */
const CELLS = 40;
const LONG: Readonly<Record<Size, Omit<LongHistory, 'branches'>>> = {
  full: { files: 50_000, commits: 100_000 },
  small: { files: 500, commits: 1_000 },
};

/**
 * What `publish` costs for all decisions of a tick, against plain `git fast-import` and `git push`
 * of the same bytes, against a push for each change, and in a repository that is old and large.
 */
export const gitBench: Bench = {
  name: 'git',
  async run(size) {
    const rows: Row[] = [];
    for (const count of SIZES[size]) {
      console.error(`  ${count} due canaries`);
      rows.push(...(await measureTick(count, LONG[size])));
    }
    return rows;
  },
};

async function measureTick(
  count: number,
  long: Omit<LongHistory, 'branches'>,
): Promise<readonly Row[]> {
  const fleet = createFleet(count);
  const rounds = roundsOf(fleet.members);
  return inFolder(async (folder) => {
    const ours = await sideFor(join(folder, 'ours'), fleet.start);
    const large = await sideFor(
      join(folder, 'large'),
      fleet.start,
      longHistory({ ...long, branches: 1 }),
    );
    const cell = await sideFor(
      join(folder, 'cell'),
      fleet.start,
      longHistory({ ...long, branches: CELLS }),
    );
    const raw = await rawSide(join(folder, 'raw'), fleet.start);
    const single = await singleSide(join(folder, 'single'), fleet.start);
    const signing = await newKey(join(folder, 'key.pem'));
    const signed = await sideFor(join(folder, 'signed'), fleet.start, [], signing);
    const times = { ours: [0], large: [0], cell: [0], raw: [0], signed: [0] };
    for (const [round, drafts] of rounds.entries()) {
      times.ours[round] = await ours(drafts);
      times.raw[round] = await raw(drafts);
      times.large[round] = await large(drafts);
      times.cell[round] = await cell(drafts);
      times.signed[round] = await signed(drafts);
    }
    const singleMs = await single((rounds[0] ?? []).slice(0, SINGLE_PUSHES));
    const oursMs = median(times.ours);
    const what = count === 1 ? 'one due canary' : `${count} due canaries, one push`;
    const perSecond = (durationMs: number) => count / (durationMs / 1_000);
    const row = { bench: 'git', unit: 'commits/s', ours: perSecond(oursMs) };
    const rawMs = median(times.raw);
    const largeMs = median(times.large);
    const cellMs = median(times.cell);
    const signedMs = median(times.signed);
    const shown = (value: number) => value.toLocaleString('en');
    return [
      {
        ...row,
        what,
        reference: perSecond(rawMs),
        referenceName: 'git fast-import and git push of the same',
        ratio: oursMs / rawMs,
        aim: count >= 100 ? '<= 1.3' : '–',
      },
      {
        ...row,
        what: `${what}, against a push each`,
        reference: 1_000 / singleMs,
        referenceName: `add, commit, push; ${Math.min(count, SINGLE_PUSHES)} timed`,
        ratio: (singleMs * count) / oursMs,
        aim: count === 1_000 ? '>= 100' : '–',
      },
      {
        ...row,
        what: `${what}, after ${shown(long.commits)} commits of ${shown(long.files)} files`,
        ours: perSecond(largeMs),
        reference: perSecond(oursMs),
        referenceName: 'the same in a new repository',
        ratio: largeMs / oursMs,
        aim: '<= 1.2',
      },
      {
        ...row,
        what: `${what}, one of ${CELLS} cells with all that`,
        ours: perSecond(cellMs),
        reference: perSecond(oursMs),
        referenceName: 'the same in a new repository',
        ratio: cellMs / oursMs,
        aim: '<= 1.2',
      },
      {
        ...row,
        what: `${what}, signed with an SSH key`,
        ours: perSecond(signedMs),
        reference: perSecond(oursMs),
        referenceName: 'the same without signatures',
        ratio: signedMs / oursMs,
        aim: '–',
      },
    ];
  });
}

/** Each round is the next step of every canary. */
function roundsOf(members: readonly Member[]): readonly (readonly CommitDraft[])[] {
  let current = members;
  return Array.from({ length: ROUNDS }, () => {
    const advanced = current.map(advance);
    current = advanced.map(({ after }) => after);
    return advanced.map(({ draft }) => draft);
  });
}

type Side = (drafts: readonly CommitDraft[]) => Promise<number>;

/** The engine's adapter; listing the tip belongs to the pass and is not timed. */
async function sideFor(
  folder: string,
  start: CommitDraft,
  history: Iterable<string> = [],
  signing?: SigningKey,
): Promise<Side> {
  await mkdir(folder);
  const url = await createRemote(folder, start, history);
  const { delivery, tip } = await openDelivery(url, join(folder, 'clone'), signing);
  let onto = tip;
  return async (drafts) => {
    const durationMs = await timedMs(async () => {
      onto = await publish(delivery, drafts, onto);
    });
    if (onto !== undefined) await delivery.list(onto, 'rollouts');
    return durationMs;
  };
}

async function newKey(file: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return createSigningKey({ format: 'ssh', key: file });
}

async function publish(
  delivery: DeliveryRepository,
  drafts: readonly CommitDraft[],
  onto: string | undefined,
): Promise<string | undefined> {
  const outcome = await delivery.publish(drafts, onto);
  if (outcome.kind !== 'pushed') throw new Error(`not pushed: ${outcome.kind}`);
  return outcome.commits.at(-1);
}

/** The same bytes through plain Git, from an ordinary bare clone. */
async function rawSide(folder: string, start: CommitDraft): Promise<Side> {
  await mkdir(folder);
  const url = await createRemote(folder, start);
  await git(folder, ['clone', '--quiet', '--bare', url, 'clone.git']);
  const clone = join(folder, 'clone.git');
  return async (drafts) => {
    const commit = (await git(clone, ['rev-parse', `refs/heads/${BRANCH}`])).trim();
    const plan = planCommits(drafts, new Map());
    const ref = `refs/heads/${BRANCH}`;
    const text = importStream([{ plan, onto: commit, ref }], SIGNATORIES);
    return timedMs(async () => {
      await git(clone, ['fast-import', '--quiet', '--done'], [text]);
      await git(clone, ['push', '--quiet', url, `refs/heads/${BRANCH}`]);
    });
  };
}

/** A work tree, and for each change: write, add, commit, push. Gives the time for one. */
async function singleSide(folder: string, start: CommitDraft): Promise<Side> {
  await mkdir(folder);
  const url = await createRemote(folder, start);
  await git(folder, ['clone', '--quiet', '--branch', BRANCH, url, 'work']);
  const work = join(folder, 'work');
  await git(work, ['config', 'user.name', IDENTITY.name]);
  await git(work, ['config', 'user.email', IDENTITY.email]);
  return async (drafts) => {
    const totalMs = await timedMs(async () => {
      for (const { message, changes } of drafts) {
        for (const change of changes) {
          if (change.kind === 'delete') continue;
          await mkdir(dirname(join(work, change.path)), { recursive: true });
          await writeFile(join(work, change.path), change.text);
        }
        await git(work, ['add', '--all']);
        await git(work, ['commit', '--quiet', '--file=-'], [message]);
        await git(work, ['push', '--quiet', 'origin', `HEAD:${BRANCH}`]);
      }
    });
    return totalMs / drafts.length;
  };
}
