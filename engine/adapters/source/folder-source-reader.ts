import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Problem } from '../../core/errors.ts';
import { FILE_BYTES_MAX, fileTooLarge, notAFile } from '../../core/unread.ts';
import type { SourceFile, SourceOutcome, SourceReader } from '../../ports/source-reader.ts';

/**
 * The manifests in a folder, such as the output of `cdk8s synth`. Symbolic links are not followed:
 * they could lead out of it. The content's own digest stands in for a source commit.
 */
export function createFolderSourceReader(folder: string): SourceReader {
  return {
    async read(): Promise<SourceOutcome> {
      try {
        const { files, unread } = await readManifests(folder);
        const hash = createHash('sha256');
        for (const { path, text } of files) hash.update(`${path}\0${text}\0`);
        for (const { code, message } of unread) hash.update(`${code}\0${message}\0`);
        const commit = `sha256:${hash.digest('hex')}`;
        return { kind: 'read', snapshot: { commit, files, unread } };
      } catch (error) {
        return { kind: 'unreachable', why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

async function readManifests(
  folder: string,
): Promise<{ readonly files: readonly SourceFile[]; readonly unread: readonly Problem[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const manifests = entries.filter(({ name }) => /\.ya?ml$/.test(name));
  const unread: Problem[] = [];
  const paths: string[] = [];
  for (const entry of manifests) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) unread.push(notAFile(nameOf(folder, path), 'symbolic link'));
    if (!entry.isFile()) continue;
    if ((await stat(path)).size > FILE_BYTES_MAX) unread.push(fileTooLarge(nameOf(folder, path)));
    else paths.push(path);
  }
  const files = paths
    .toSorted()
    .map(async (path) => ({ path: nameOf(folder, path), text: await readFile(path, 'utf8') }));
  return { files: await Promise.all(files), unread };
}

function nameOf(folder: string, path: string): string {
  return relative(folder, path).replaceAll('\\', '/');
}
