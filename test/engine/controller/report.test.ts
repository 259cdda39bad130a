import { expect, it } from 'vitest';
import { createReporter } from '../../../engine/controller/report.ts';
import type { PassResult, ReconcileResult } from '../../../engine/controller/result.ts';

function aResult(result: ReconcileResult, rest: Partial<PassResult> = {}): PassResult {
  return {
    canaries: [{ canary: 'default/reviews', record: undefined, result }],
    problems: [],
    queue: [],
    ...rest,
  };
}

function aReporter() {
  const lines: string[] = [];
  const log = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
  return {
    lines,
    report: createReporter({ info: log('info'), warn: log('warn'), error: log('error') }),
  };
}

it('says once what a canary is waiting for, however many passes it waits', () => {
  const { lines, report } = aReporter();
  const waiting = { kind: 'waiting', why: 'primary not ready' } as const;
  report(aResult(waiting));
  report(aResult(waiting));
  report(aResult({ kind: 'waiting', why: 'one interval' }));
  report(aResult({ kind: 'done', why: 'promoted' }));
  expect(lines).toEqual([
    'info: a canary is waiting',
    'info: a canary is waiting',
    'info: a canary is at rest',
  ]);
});

it('says again what went away and came back', () => {
  const { lines, report } = aReporter();
  const trouble = { kind: 'retry', why: 'Git is down' } as const;
  report(aResult({ kind: 'done', why: 'x' }, { trouble }));
  report(aResult({ kind: 'done', why: 'x' }));
  report(aResult({ kind: 'done', why: 'x' }, { trouble }));
  expect(lines.filter((line) => line.includes('did not go through'))).toHaveLength(2);
});

it('names a person where one is needed, and a problem of the source', () => {
  const { lines, report } = aReporter();
  const problem = { code: 'yaml-syntax', message: 'm', remedy: 'r' } as const;
  report(aResult({ kind: 'blocked', why: 'x', remedy: 'y' }, { problems: [problem] }));
  expect(lines).toEqual(['warn: a canary needs a person', 'warn: the source has a problem']);
});

it('warns once of what is not live, however its numbers change', () => {
  const { lines, report } = aReporter();
  for (const why of ['3 of 812 requests', '4 of 911 requests']) {
    const notLive = { reason: why, sinceMs: 0 };
    report(aResult({ kind: 'waiting', why, notLiveYet: true, notLive }));
  }
  expect(lines).toEqual(['warn: a canary is not live']);
});
