import { existsSync, statSync } from 'node:fs';
import { table } from '../../engine/cli/output.ts';
import { type Comparison, compareTrace } from './conformance.ts';
import { readTraces, type TraceFile } from './trace.ts';

/**
 * `npm run conformance [-- DIR]`: replays every trace in a folder, a line each. Exits with 1 where
 * one differs in a way that `docs/flagger-compatibility.md` does not list.
 */
const [, , folder = ''] = process.argv;
if (!existsSync(folder) || !statSync(folder).isDirectory()) {
  console.error(`there is no folder ${folder}; give one that holds traces (*.json)`);
  process.exit(2);
}
const files = readTraces(folder);
if (files.length === 0) {
  console.error(`${folder} holds no trace (*.json)`);
  process.exit(2);
}
const rows: Row[] = [];
for (const file of files) rows.push(...(await rowsOf(file)));
console.log(table(['trace', 'canary', 'result'], rows.map(cellsOf)));
const differing = rows.filter(({ isSame }) => !isSame).length;
console.log(`\n${rows.length - differing} same, ${differing} different`);
process.exitCode = differing === 0 ? 0 : 1;

interface Row {
  readonly trace: string;
  readonly canary: string;
  readonly isSame: boolean;
  readonly result: string;
}

async function rowsOf({ name, read }: TraceFile): Promise<readonly Row[]> {
  const broken = (result: string): Row => ({ trace: name, canary: '', isSame: false, result });
  if ('trouble' in read) return [broken(read.trouble)];
  try {
    const comparisons = await compareTrace(read.trace);
    return comparisons.map((comparison) => ({
      trace: name,
      canary: comparison.canary,
      isSame: comparison.difference === undefined,
      result: resultOf(comparison),
    }));
  } catch (error) {
    return [broken(`the replay broke: ${error instanceof Error ? error.message : String(error)}`)];
  }
}

function resultOf({ ids, difference, refused }: Comparison): string {
  const listed = ids.length === 0 ? '' : ` (listed: ${ids.join(', ')})`;
  if (difference !== undefined) return `${difference}${listed}`;
  return `same${listed}${refused === undefined ? '' : `, refused with ${refused}`}`;
}

function cellsOf({ trace, canary, result }: Row): readonly string[] {
  return [trace, canary, result];
}
