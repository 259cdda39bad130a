import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { gitBench } from './git.ts';
import { limitsBench } from './limits.ts';
import type { Bench, Row } from './measure.ts';
import { renderBench } from './render.ts';
import { rollbackBench } from './rollback.ts';
import { wireBench } from './wire.ts';

/**
 * `npm run bench`: every benchmark, one table, ratios within this run. `--small` sees whether they
 * work, `--only NAME` runs one, beside the figures of an earlier run with `--with FILE`, `--json FILE`
 * writes the figures, `--write` the table into its page.
 */
const BENCHES: readonly Bench[] = [gitBench, wireBench, rollbackBench, limitsBench, renderBench];

/** Below the folder that the command is run in. */
const PAGE = 'docs/benchmarks.md';

const { values: options } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    with: { type: 'string' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const earlier = options.with === undefined ? [] : await readRows(options.with);
const rows: Row[] = [];
for (const bench of BENCHES) {
  if (options.only !== undefined && options.only !== bench.name) {
    rows.push(...earlier.filter((row) => row.bench === bench.name));
    continue;
  }
  process.stderr.write(`${bench.name}…\n`);
  rows.push(...(await bench.run(options.small ? 'small' : 'full')));
}
const measured = table(rows);
console.log(measured);
if (options.write) {
  const text = await readFile(PAGE, 'utf8');
  await writeFile(
    PAGE,
    text.replace(/^\|.*(?:\n\|.*)*/m, () => measured),
  );
}
if (options.json !== undefined) {
  const figures = { node: process.version, small: options.small, rows };
  await writeFile(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

async function readRows(file: string): Promise<readonly Row[]> {
  const figures = JSON.parse(await readFile(file, 'utf8')) as { readonly rows: readonly Row[] };
  return figures.rows;
}

/** Columns of equal width, as the formatter of the documents writes them. */
function table(all: readonly Row[]): string {
  const heads = ['what', 'ours', 'reference', 'ratio', 'aim'];
  const lines = all.map((row) => [
    row.what,
    `${shown(row.ours)} ${row.unit}`,
    `${shown(row.reference)} ${row.unit} (${row.referenceName})`,
    row.ratio.toFixed(2),
    row.aim,
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const padded = [heads, ...lines].map((line) =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [padded[0], rule, ...padded.slice(1)].map((line) => `| ${line?.join(' | ')} |`).join('\n');
}

function shown(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2);
}
