import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../engine/core/decision.ts';
import { commitMessage } from '../../../engine/render/message.ts';
import { formatTrailers } from '../../../engine/render/trailers.ts';
import { aRunningRecord, aSpec, PASSED } from '../../support/builders.ts';

const checks = PASSED.state === 'made' ? PASSED.checks : [];

const message = (reason: string, differing: Partial<Change> = {}) =>
  commitMessage({
    spec: aSpec(),
    record: aRunningRecord({ weights: { primary: 70, canary: 30 } }),
    change: {
      kind: 'advance',
      reason,
      weights: { primary: 70, canary: 30 },
      ...differing,
    } as Change,
    evidenceDigest: `sha256:${'e'.repeat(64)}`,
    reverts: [],
    coAuthors: [],
  });

describe('a commit message', () => {
  it('says what and why, the numbers, and the facts for machines', () => {
    expect(message('step 3 of 5, 2 checks passed', { checks }))
      .toBe(`reviews.default: canary weight 30 (step 3 of 5, 2 checks passed)

pass: request-success-rate 100% >= 99%
pass: request-duration 12ms <= 500ms

Canary: default/reviews
Rollout: 1
Attempt: 1
Phase: Progressing
Decision: advance
Weight: 30
Revision: two
Source: ${'2'.repeat(40)}
Evidence: sha256:${'e'.repeat(64)}
`);
  });

  it('has a subject of bearable length, and the whole reason below it', () => {
    const reason = `because ${'of many things '.repeat(20)}`.trim();
    const [subject = '', , body] = message(reason).split('\n');
    expect(subject.length).toBeLessThanOrEqual(110);
    expect(subject).toMatch(/…$/);
    expect(body).toBe(reason);
  });

  it('names each commit that a rollback undoes', () => {
    const text = commitMessage({
      spec: aSpec(),
      record: aRunningRecord(),
      change: { kind: 'rollback', reason: 'r', restorePrimary: false },
      evidenceDigest: undefined,
      reverts: ['a'.repeat(40), 'b'.repeat(40)],
      coAuthors: [],
    });
    expect(text).toContain(`Reverts: ${'a'.repeat(40)}\nReverts: ${'b'.repeat(40)}\n`);
  });

  it('names those who wrote the release, as Git hosts know them', () => {
    const text = commitMessage({
      spec: aSpec(),
      record: aRunningRecord(),
      change: { kind: 'promote', reason: 'r' },
      evidenceDigest: undefined,
      reverts: [],
      coAuthors: [{ name: 'Ada Lovelace', email: 'ada@example.org' }],
    });
    expect(interpretTrailers(text)).toContain('Co-authored-by: Ada Lovelace <ada@example.org>');
    expect(interpretTrailers(text)).toContain('Decision: promote');
  });

  it('keeps a reason with line breaks from forging facts', () => {
    const text = message('bad\n\nCanary: default/other\nWeight: 100');
    expect(interpretTrailers(text)).toContain('Canary: default/reviews');
    expect(interpretTrailers(text)).not.toContain('Canary: default/other');
  });
});

it('trailers are read by Git as they were written, whatever their values', () => {
  const values = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '');
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (texts) => {
      const trailers = texts.map((value, index) => ({ key: `Key-${index}`, value }));
      const written = formatTrailers(trailers);
      const lines = interpretTrailers(`subject\n\n${written}\n`).trimEnd().split('\n');
      expect(lines).toHaveLength(texts.length);
    }),
    { numRuns: 40 },
  );
});

function interpretTrailers(text: string): string {
  return execFileSync('git', ['interpret-trailers', '--parse'], { input: text, encoding: 'utf8' });
}
