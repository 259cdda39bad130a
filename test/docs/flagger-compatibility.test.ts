import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../engine/core/error-codes.ts';
import { FIELD_SAMPLES } from './field-samples.ts';
import { flaggerFields, type Probe, probe } from './flagger-fields.ts';

/**
 * Goal: docs/flagger-compatibility.md tells the truth of each field, and no field is passed over in
 * silence. Method: each is written into a source, and what the engine understands is compared with
 * what it understands without it.
 */
const text = readFileSync(join(import.meta.dirname, '../../docs/flagger-compatibility.md'), 'utf8');

interface Row {
  readonly field: string;
  readonly fate: string;
  readonly remark: string;
}

function rowsOf(heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
    .slice(1)
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
}

const rows: readonly Row[] = rowsOf('Fields').map(([field = '', fate = '', remark = '']) => ({
  field: field.replaceAll('`', ''),
  fate,
  remark,
}));

/** What becomes of a field that works is not seen here: only that it has an effect. */
function seenFate({ without, with: sample }: Probe): string {
  const [problem] = sample.problems;
  if (problem !== undefined) return `refused with ${problem.split(':')[0]}`;
  return sample.understood === without.understood && without.problems.length === 0
    ? 'no effect'
    : 'works';
}

function toldFate({ fate, remark }: Row): string {
  if (fate === 'refused') return `refused with ${/^`([-a-z]+)`/.exec(remark)?.[1]}`;
  return fate === 'same' || fate === 'different' ? 'works' : fate;
}

describe('the fields of docs/flagger-compatibility.md', () => {
  it('are those of Flagger’s kinds, each with a sample', () => {
    const fields = flaggerFields();
    expect(rows.map(({ field }) => field).toSorted()).toEqual(fields.toSorted());
    expect(Object.keys(FIELD_SAMPLES).toSorted()).toEqual(fields.toSorted());
  });

  it.each(rows.map((row) => [row.field, row] as const))('%s has the fate of its row', (_, row) => {
    const sample = FIELD_SAMPLES[row.field];
    if (sample === undefined) throw new Error(`no sample for ${row.field}`);
    expect(seenFate(probe(row.field, sample))).toBe(toldFate(row));
  });

  it('say of each difference what it is', () => {
    const unexplained = rows.filter(({ fate, remark }) => fate !== 'same' && remark === '');
    expect(unexplained).toEqual([]);
  });
});

describe('the rough edges of docs/flagger-compatibility.md', () => {
  const edges = rowsOf('Rough edges');

  it('are R1 to R39', () => {
    expect(edges.map(([id]) => id)).toEqual(Array.from({ length: 39 }, (_, i) => `R${i + 1}`));
  });

  it('name only error codes that exist', () => {
    const named = edges.flatMap(([, , , what = '']) =>
      [...what.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map((match) => match[1] ?? ''),
    );
    const known: readonly string[] = ERROR_CODES;
    const others = ['confirm-promotion', 'confirm-rollout'];
    expect(named.filter((name) => !known.includes(name) && !others.includes(name))).toEqual([]);
  });
});
