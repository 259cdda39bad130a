import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { BareClone } from '../engine/adapters/git/bare-clone.ts';
import { createGitDeliveryRepository } from '../engine/adapters/git/git-delivery-repository.ts';
import type { SigningKey } from '../engine/adapters/git/signing/open-signer.ts';
import type { CommitDraft, DeliveryRepository } from '../engine/ports/delivery-repository.ts';

export const BRANCH = 'delivery/bench';
export const IDENTITY = { name: 'Serin', email: 'serin@localhost' };
export const SIGNATORIES = { author: IDENTITY, committer: IDENTITY };

const GIT_ENV = {
  PATH: process.env['PATH'],
  HOME: tmpdir(),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** A folder that is gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs plain Git, as a person or a script would. */
export async function git(
  folder: string,
  args: readonly string[],
  input: Iterable<string> = [],
): Promise<string> {
  const child = spawn('git', [...args], { cwd: folder, env: GIT_ENV });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'close');
  child.stdin.on('error', () => {});
  Readable.from(input).pipe(child.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`git ${args[0]}: ${err}`);
  return out;
}

/** A bare repository as a server has it, with the state before the decisions on its branch. */
export async function createRemote(
  folder: string,
  start: CommitDraft,
  history: Iterable<string> = [],
): Promise<string> {
  const remote = join(folder, 'remote.git');
  await git(folder, ['init', '--bare', '--quiet', remote]);
  await git(remote, ['config', 'uploadpack.allowFilter', 'true']);
  await git(remote, ['config', 'gc.auto', '0']);
  await git(remote, ['fast-import', '--quiet'], history);
  const url = pathToFileURL(remote).href;
  const { delivery, tip } = await openDelivery(url, join(folder, 'setup'));
  const outcome = await delivery.publish([start], tip);
  if (outcome.kind !== 'pushed') throw new Error(`the start was not pushed: ${outcome.kind}`);
  return url;
}

/** The engine's adapter with a clone of its own, as warm as after any pass. */
export async function openDelivery(
  url: string,
  cacheFolder: string,
  signing?: SigningKey,
): Promise<{ readonly delivery: DeliveryRepository; readonly tip: string | undefined }> {
  const clone = new BareClone({ url, cacheFolder, env: process.env });
  const delivery = createGitDeliveryRepository({ clone, branch: BRANCH, ...SIGNATORIES, signing });
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh') throw new Error(refreshed.why);
  if (refreshed.tip !== undefined) await delivery.list(refreshed.tip, 'rollouts');
  return { delivery, tip: refreshed.tip };
}

/** Of a repository: they are spread over its branches evenly. */
export interface LongHistory {
  readonly files: number;
  readonly commits: number;
  readonly branches: number;
}

/** A repository that has been in use for long, as a stream for `git fast-import`. */
export function* longHistory({ files, commits, branches }: LongHistory): Generator<string> {
  for (let cell = 0; cell < branches; cell += 1) {
    const branch = cell === 0 ? BRANCH : `${BRANCH}-${cell}`;
    yield* branchHistory(branch, Math.ceil(files / branches), Math.ceil(commits / branches));
  }
}

/** Many files, five in each folder as a canary's are, and commits that change one of them each. */
function* branchHistory(branch: string, files: number, commits: number): Generator<string> {
  const path = (index: number) =>
    `workloads/old-${Math.floor(index / 500)}/app-${Math.floor(index / 5) % 100}/object-${index}.yaml`;
  const head = (count: number, message: string) =>
    `commit refs/heads/${branch}\ncommitter ${IDENTITY.name} <${IDENTITY.email}> ${1_600_000_000 + count} +0000\ndata ${message.length}\n${message}\n`;
  const file = (index: number, text: string) =>
    `M 100644 inline ${path(index)}\ndata ${text.length}\n${text}\n`;
  yield head(0, 'all files');
  for (let index = 0; index < files; index += 1) yield file(index, `version: 0\nid: ${index}\n`);
  for (let count = 1; count <= commits; count += 1) {
    const index = (count * 7919) % files;
    yield head(count, `change ${count}`) + file(index, `version: ${count}\nid: ${index}\n`);
  }
}
