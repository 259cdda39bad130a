import { describe, expect, it } from 'vitest';
import { StandingEdits } from '../../../../engine/controller/verify/standing-edits.ts';
import type { AuditedCommit } from '../../../../engine/ports/branch-history.ts';
import { healMessage } from '../../../../engine/render/heal.ts';

const CANARY = 'shop/cart';
const ROUTE = 'traffic/shop/cart/route.yaml';
const TARGET = 'workloads/shop/cart/deployment-cart.yaml';
const RECORD = 'rollouts/shop/cart/record.yaml';

type Ids = readonly [before: string | undefined, after: string | undefined];

function aCommit(
  changes: Readonly<Record<string, Ids>>,
  { commit = 'e'.repeat(40), message = 'by hand\n' } = {},
): AuditedCommit {
  return {
    commit,
    parents: [],
    author: 'Ann <ann@example.org>',
    committedMs: 0,
    message,
    changes: Object.entries(changes).map(([path, [before, after]]) => ({
      path,
      before,
      after,
      mode: '100644',
    })),
    signature: 'unchecked',
  };
}

const edit = aCommit({ [ROUTE]: ['left', 'edited'] });

function edited(...commits: readonly AuditedCommit[]): StandingEdits<number> {
  const edits = new StandingEdits<number>();
  for (const [at, commit] of commits.entries()) edits.take(commit, at);
  return edits;
}

describe('an edit that stands', () => {
  it('is named with its commit, and with what had been counted before it', () => {
    const { first } = edited(aCommit({ 'notes.md': [undefined, 'n'] }), edit);
    expect(first).toEqual({
      commit: edit,
      why: `it changes ${ROUTE} and is no decision: only the engine writes there`,
      counts: 1,
    });
  });

  it('is the oldest of them', () => {
    const later = aCommit({ [TARGET]: ['left', 'edited'] }, { commit: 'f'.repeat(40) });
    expect(edited(edit, later).first?.commit).toBe(edit);
  });

  it('stands no longer once people have put it back', () => {
    const back = aCommit({ [ROUTE]: ['edited', 'left'] });
    expect(edited(edit, back).first).toBeUndefined();
  });

  it.each([
    ['advance', RECORD, true],
    ['clean-up', RECORD, true],
    ['terminated', RECORD, true],
    ['move', TARGET, true],
    ['rollback', RECORD, false],
    ['withdraw', RECORD, false],
    ['rollback', ROUTE, true],
  ])('forbids %s with a change of %s: %s', (decision, path, isForbidden) => {
    const commit = aCommit({ [path]: ['a', 'b'] });
    expect(edited(edit).forbid(CANARY, decision, commit)).toBe(isForbidden);
    expect(edited(edit).forbid('shop/other', decision, commit)).toBe(false);
  });
});

const HEALED = healMessage(
  CANARY,
  new Map([[ROUTE, { path: ROUTE, left: 'left', commit: edit.commit, author: 'Ann' }]]),
);

describe('a commit that heals', () => {
  const back: Ids = ['edited', 'left'];

  it('follows where it puts back what was edited, and nothing else', () => {
    const edits = edited(edit);
    const heal = aCommit({ [ROUTE]: back }, { message: HEALED });
    expect(edits.healTrouble(heal, CANARY)).toBeUndefined();
    expect(edits.first).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, Ids>>, string, RegExp]>([
    ['with other content', { [ROUTE]: ['edited', 'forged'] }, HEALED, /route\.yaml otherwise/],
    ['with a removal', { [ROUTE]: ['edited', undefined] }, HEALED, /route\.yaml otherwise/],
    [
      'with another file',
      { [ROUTE]: back, [RECORD]: ['a', 'b'] },
      HEALED,
      /record\.yaml otherwise/,
    ],
    ['without a change', {}, HEALED, /route\.yaml otherwise/],
    ['in other words', { [ROUTE]: back }, HEALED.replace('Ann', 'Bob'), /message/],
  ])('does not follow %s', (_, changes, message, why) => {
    const edits = edited(edit);
    expect(edits.healTrouble(aCommit(changes, { message }), CANARY)).toMatch(why);
  });

  it('does not follow where nothing was edited', () => {
    const heal = aCommit({ [ROUTE]: back }, { message: HEALED });
    expect(edited().healTrouble(heal, CANARY)).toBe('it heals, and nothing was edited');
  });
});
