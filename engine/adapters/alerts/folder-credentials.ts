import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretOutcome } from '../../ports/secret-reader.ts';

const KEYS = ['address', 'token'] as const;

/** A mounted secret: a file for each key, read anew each time, because secrets are replaced. */
export async function readCredentials(folder: string): Promise<SecretOutcome> {
  const read = await Promise.all(KEYS.map((key) => readKey(folder, key)));
  const values = read.flatMap((text, index) =>
    text === undefined ? [] : [[KEYS[index] ?? '', text] as const],
  );
  return values.length === 0
    ? { kind: 'unread', why: `there is no file address or token that can be read in ${folder}` }
    : { kind: 'read', values: Object.fromEntries(values) };
}

async function readKey(folder: string, key: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, key), 'utf8');
  } catch {
    return undefined;
  }
}
