import { stat, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { createFolderSourceReader } from '../adapters/source/folder-source-reader.ts';
import { type LoadedSource, loadSource } from '../config/load-source.ts';
import { ProblemError } from '../core/errors.ts';
import type { SourceSnapshot } from '../ports/source-reader.ts';

export interface ReadFolder {
  readonly snapshot: SourceSnapshot;
  readonly loaded: LoadedSource;
}

/** Manifests in a folder or a single file, as the engine would read them. */
export async function openFolder(path: string): Promise<ReadFolder> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw missing(path, 'it does not exist');
  const snapshot: SourceSnapshot = found.isFile()
    ? { commit: 'file', files: [{ path: basename(path), text: await readFile(path, 'utf8') }] }
    : await readAll(path);
  return {
    snapshot,
    loaded: loadSource(snapshot.files, { established: new Set(), unread: snapshot.unread }),
  };
}

async function readAll(folder: string): Promise<SourceSnapshot> {
  const outcome = await createFolderSourceReader(folder).read();
  if (outcome.kind !== 'read') throw missing(folder, outcome.why);
  return outcome.snapshot;
}

function missing(path: string, why: string): ProblemError {
  const remedy = 'name a folder or a file with manifests';
  return new ProblemError([
    { code: 'source-missing', message: `${path} cannot be read: ${why}`, remedy },
  ]);
}
