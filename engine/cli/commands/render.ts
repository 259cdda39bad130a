import { resolve } from 'node:path';
import { ProblemError } from '../../core/errors.ts';
import { canaryWeight } from '../../core/record.ts';
import { renderedTraffic } from '../../render/render.ts';
import { workloadFiles } from '../../render/workloads.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { printProblems } from '../problems.ts';
import { openFolder } from '../read-folder.ts';
import { asDocuments, writeBelow } from '../write-files.ts';

export interface RenderOptions {
  readonly weight: string;
  readonly out?: string;
}

/** What would stand below `workloads/` and `traffic/` with the canary at a weight. */
export async function render(
  context: Pick<CliContext, 'cwd' | 'out' | 'err'>,
  path: string,
  { weight, out }: RenderOptions,
): Promise<ExitCode> {
  const weights = canaryWeight(parseWeight(weight));
  const { loaded } = await openFolder(resolve(context.cwd, path));
  const files = new Map<string, string>();
  for (const canary of loaded.canaries) {
    const release = { revision: canary.revision, source: 'source' };
    const change = {
      kind: 'create-primary',
      reason: 'rendered',
      release,
      configDigest: canary.configDigest,
    } as const;
    const none = new Map<string, string>();
    const facts = { canary, before: undefined, change, delivered: none, base: none };
    const workloads = workloadFiles(facts);
    const traffic = renderedTraffic(canary, { weights, mirrored: false }, workloads);
    for (const [file, text] of [...workloads, ...traffic]) files.set(file, text);
  }
  if (out === undefined) context.out(asDocuments(files));
  else await writeBelow(resolve(context.cwd, out), files);
  printProblems(context, loaded.problems);
  return loaded.problems.length === 0 ? EXIT.ok : EXIT.mistake;
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (Number.isInteger(weight) && weight >= 0 && weight <= 100) return weight;
  const remedy = 'give a whole number from 0 to 100';
  throw new ProblemError([{ code: 'invalid-argument', message: `--weight is ${text}`, remedy }]);
}
