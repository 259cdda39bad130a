import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { canaryKey, type CanaryKey } from '../../../constructs/canary-spec.ts';
import type { Manifest } from '../../../constructs/manifest.ts';
import type { LoadedSource } from '../../config/load-source.ts';
import { withoutObject } from '../../config/remove-document.ts';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import { type Problem, ProblemError } from '../../core/errors.ts';
import type { FileChange } from '../../core/file-change.ts';
import type { SourceFile } from '../../ports/source-reader.ts';
import { plainFiles } from '../../render/leaving.ts';
import type { ResolvedCanary } from '../../render/resolved-canary.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';
import { openFolder, type ReadFolder } from '../read-folder.ts';
import { asDocuments, writeBelow } from '../write-files.ts';
import { parseCanary } from './act.ts';

export interface EjectOptions {
  readonly canary: string;
  /** The folder to write into; without one, or with `dryRun`, it is shown alone. */
  readonly folder?: string;
  readonly dryRun?: boolean;
}

/** What a source says once it has no Canary for a target any more. */
interface Ejection {
  readonly canary: CanaryKey;
  readonly changes: readonly FileChange[];
  /** What the source holds already, and what stays as it is. */
  readonly keeps: readonly string[];
  readonly warnings: readonly string[];
}

/** Takes a Canary out of a folder of manifests, and writes what was generated for it. */
export async function eject(
  cwd: string,
  { canary, folder, dryRun = false }: EjectOptions & { readonly folder: string },
  output: Output,
): Promise<ExitCode> {
  const path = resolve(cwd, folder);
  const ejection = ejected(parseCanary(canary), await openFolder(path));
  if (!dryRun) await carryOut(path, ejection.changes);
  return show(ejection, output, dryRun ? 'would' : 'did');
}

/** Prints what would have to be written where a source is not at hand as a folder. */
export async function ejectFrom(
  canary: string,
  { source, interpret }: Pick<EnginePorts, 'source' | 'interpret'>,
  output: Output,
): Promise<ExitCode> {
  const key = parseCanary(canary);
  const read = await source.read();
  if (read.kind !== 'read') {
    output.err(`the source could not be read: ${read.why}`);
    return EXIT.failed;
  }
  const { snapshot } = read;
  const loaded = interpret(snapshot, new Set([key]));
  return show(ejected(key, { snapshot, loaded }), output, 'would');
}

async function carryOut(folder: string, changes: readonly FileChange[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'delete') await rm(join(folder, change.path));
    else await writeBelow(folder, new Map([[change.path, change.text]]));
  }
}

function show(ejection: Ejection, output: Output, mode: 'did' | 'would'): ExitCode {
  const { canary, changes, keeps, warnings } = ejection;
  printResult(output, { canary, written: mode === 'did', changes, keeps, warnings }, () => {
    const texts = changes.flatMap((change) =>
      change.kind === 'write' ? [[change.path, change.text] as const] : [],
    );
    return [
      ...(mode === 'would' ? [asDocuments(new Map(texts)), ''] : []),
      ...changes.map(({ kind, path }) => `${mode === 'did' ? DID[kind] : WOULD[kind]} ${path}`),
      ...keeps.map((each) => `keep ${each}`),
      '',
      `commit this, and Canary ${canary} leaves by itself, step by step: serin status`,
    ].join('\n');
  });
  for (const warning of warnings) output.err(`warning: ${warning}`);
  return EXIT.ok;
}

const DID = { write: 'wrote', delete: 'removed' } as const;
const WOULD = { write: 'write', delete: 'remove' } as const;

function ejected(key: CanaryKey, { snapshot, loaded }: ReadFolder): Ejection {
  const canary = loaded.canaries.find((each) => each.key === key);
  const file = snapshot.files.find((each) => canary?.writtenIn[0] === each.path);
  if (canary === undefined || file === undefined) throw unknownCanary(key, loaded);
  const written = writtenBeside(file.path, plainFiles(canary), snapshot.files);
  const rest = withoutObject(file, (object) => isCanary(object, key));
  return {
    canary: key,
    changes: [
      rest === undefined
        ? { kind: 'delete', path: file.path }
        : { kind: 'write', path: file.path, text: rest },
      ...written,
    ],
    keeps: keptObjects(canary),
    warnings: warningsOf(canary),
  };
}

/** Beside the Canary, one object a file; never over a file that is there. */
function writtenBeside(
  canaryFile: string,
  files: ReadonlyMap<string, string>,
  present: readonly SourceFile[],
): readonly FileChange[] {
  const folder = canaryFile.split('/').slice(0, -1);
  return [...files].map(([name, text]) => {
    const path = [...folder, name].join('/');
    if (present.some((file) => file.path === path)) {
      const message = `${path} is there already`;
      throw mistake(message, 'move it away: it would be overwritten');
    }
    return { kind: 'write', path, text };
  });
}

function isCanary(object: unknown, key: CanaryKey): boolean {
  const { kind, metadata } = (object ?? {}) as Partial<Manifest>;
  if (kind !== 'Canary' || metadata === undefined) return false;
  const { namespace = 'default', name } = metadata;
  return canaryKey({ namespace, name }) === key;
}

function keptObjects({ written, autoscaler }: ResolvedCanary): readonly string[] {
  const objects = [written, ...(autoscaler === undefined ? [] : [autoscaler])];
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

function warningsOf({ written }: ResolvedCanary): readonly string[] {
  if (written.kind !== 'Deployment' || written.spec.replicas !== 0) return [];
  return [
    `Deployment ${written.metadata.name} has replicas: 0: the Canary will not leave until it has more`,
  ];
}

function unknownCanary(key: CanaryKey, { canaries, problems }: LoadedSource): ProblemError {
  const own: readonly Problem[] = problems.filter(({ canary }) => canary === key);
  if (own.length > 0) return new ProblemError(own);
  const known = canaries.map((each) => each.key).join(', ');
  const remedy = known === '' ? 'name another folder' : `name one of: ${known}`;
  return new ProblemError([
    { code: 'canary-unknown', message: `the source holds no canary ${key}`, remedy },
  ]);
}

function mistake(message: string, remedy: string): ProblemError {
  return new ProblemError([{ code: 'invalid-argument', message, remedy }]);
}
