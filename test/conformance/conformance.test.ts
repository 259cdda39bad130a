import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareTrace } from './conformance.ts';
import { DIFFERENCES, expectationOf } from './differences.ts';
import { subjectsOf } from './recorded.ts';
import { scenarios } from './model/scenarios.ts';
import { readTraces } from './trace.ts';

/**
 * Goal: whatever a real Flagger did with a Canary, Serin does, but for the differences that are
 * listed. Method: its recordings are replayed against the whole engine in memory, step by step.
 */
const files = readTraces(join(import.meta.dirname, 'traces'));
const traces = files.flatMap(({ name, read }) =>
  'trace' in read ? [[name, read.trace] as const] : [],
);

describe('what a real Flagger did', () => {
  it('can be read, all of it', () => {
    expect(files.filter(({ read }) => 'trouble' in read)).toEqual([]);
    expect(traces.length).toBe(97);
  });

  it.each(traces)('%s: Serin does it', async (_, trace) => {
    // An engine that is started anew for each pass knows nothing but what stands in Git.
    const comparisons = await compareTrace(trace, { forgetful: true });
    expect(comparisons.flatMap(({ difference }) => difference ?? [])).toEqual([]);
  });
});

describe('docs/flagger-compatibility.md', () => {
  const path = join(import.meta.dirname, '../../docs/flagger-compatibility.md');
  const text = readFileSync(path, 'utf8');
  const [, rest = ''] = text.split('## Differences in recordings\n');
  const [section = ''] = rest.split('\n## ');
  const rows = new Set([...section.matchAll(/^\| ([RS]\d+) /gm)].map((match) => match[1] ?? ''));

  it('has a row for each difference that the comparison allows, and no other', () => {
    expect(rows).toEqual(new Set(DIFFERENCES.map(({ id }) => id)));
  });

  it('lists no difference that nothing shows', () => {
    const shown = [...traces.map(([, trace]) => trace), ...scenarios()].flatMap((trace) =>
      subjectsOf(trace).flatMap((subject) => expectationOf(trace, subject).ids),
    );
    expect(rows).toEqual(new Set(shown));
  });
});
