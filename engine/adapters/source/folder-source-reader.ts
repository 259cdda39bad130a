import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceFile, SourceOutcome, SourceReader } from '../../ports/source-reader.ts';

/**
 * The manifests in a folder, such as the output of `cdk8s synth`. Symbolic links are not followed:
 * they could lead out of it. The content's own digest stands in for a source commit.
 */
export function createFolderSourceReader(folder: string): SourceReader {
  return {
    async read(): Promise<SourceOutcome> {
      try {
        const files = await readManifests(folder);
        const hash = createHash('sha256');
        for (const { path, text } of files) hash.update(`${path}\0${text}\0`);
        const commit = `sha256:${hash.digest('hex')}`;
        return { kind: 'read', snapshot: { commit, files } };
      } catch (error) {
        return { kind: 'unreachable', why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

async function readManifests(folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => ({
      path: relative(folder, path).replaceAll('\\', '/'),
      text: await readFile(path, 'utf8'),
    })),
  );
}
