import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Git } from './create-git.ts';

/** Three versions of one file. */
export interface ThreeTexts {
  readonly ours: string;
  readonly base: string;
  readonly theirs: string;
}

/** What lies between `base` and `theirs`, done to `ours`; nothing where both changed the same lines. */
export async function mergeText(git: Git, texts: ThreeTexts): Promise<string | undefined> {
  const { ours, base, theirs } = texts;
  if (ours === base) return theirs;
  const folder = await mkdtemp(join(tmpdir(), 'serin-merge-'));
  try {
    const paths = ['ours', 'base', 'theirs'].map((name) => join(folder, name));
    await Promise.all(
      [ours, base, theirs].map((text, index) => writeFile(paths[index] ?? '', text)),
    );
    const { code, stdout, stderr } = await git.pipe(['merge-file', '-p', '-q', '--', ...paths], '');
    // The exit code is the number of conflicts, or beyond 127 an error.
    if (code === null || code > 127) throw new Error(`git merge-file failed: ${stderr}`);
    return code === 0 ? stdout.toString('utf8') : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
