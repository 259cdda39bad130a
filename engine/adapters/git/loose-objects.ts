import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** An object that Git has not seen yet. */
export interface NewObject {
  readonly id: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly content: Buffer | string;
}

const compress = promisify(deflate);
/** Git lets nobody change what it has stored. */
const READ_ONLY = 0o444;

/**
 * Stores objects one file each, as Git does with few: each is there whole or not at all. A name with
 * `tmp_obj_` that is left behind is swept up by `git gc`.
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_object_storage
 */
export async function storeLoose(clone: string, objects: readonly NewObject[]): Promise<void> {
  await Promise.all(objects.map((object) => store(join(clone, 'objects'), object)));
}

async function store(folder: string, { id, type, content }: NewObject): Promise<void> {
  const body = Buffer.from(content);
  const compressed = await compress(Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]));
  const path = join(folder, id.slice(0, 2), id.slice(2));
  const unfinished = join(dirname(path), `tmp_obj_${randomUUID()}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, compressed, { mode: READ_ONLY, flag: 'wx' });
  await rename(unfinished, path);
}
