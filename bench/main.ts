import { writeFile } from 'node:fs/promises';
import { gitBench } from './git.ts';
import type { Bench, Row } from './measure.ts';
import { renderBench } from './render.ts';

/** `npm run bench [-- --json FILE]`: every benchmark, one table, ratios within this run. */
const BENCHES: readonly Bench[] = [gitBench, renderBench];

const rows: Row[] = [];
for (const bench of BENCHES) {
  console.error(`${bench.name}…`);
  rows.push(...(await bench.run()));
}
console.log(table(rows));
const json = process.argv.indexOf('--json');
const file = process.argv[json + 1];
if (json > 0 && file !== undefined) {
  await writeFile(file, `${JSON.stringify({ node: process.version, rows }, undefined, 2)}\n`);
}

function table(all: readonly Row[]): string {
  const heads = ['what', 'ours', 'reference', 'ratio', 'aim'];
  const lines = all.map((row) => [
    row.what,
    `${shown(row.ours)} ${row.unit}`,
    `${shown(row.reference)} ${row.unit} (${row.referenceName})`,
    row.ratio.toFixed(2),
    row.aim,
  ]);
  const cells = [heads, heads.map(() => '---'), ...lines];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function shown(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2);
}
