import { describe, expect, it } from 'vitest';
import type { Change } from '../../../engine/core/decision.ts';
import {
  editedBy,
  type Edits,
  heldByEdits,
  isSafeBeside,
  NO_EDITS,
  writtenOver,
} from '../../../engine/core/edits.ts';

const ann = { commit: 'a'.repeat(40), author: 'Ann' };
const bob = { commit: 'b'.repeat(40), author: 'Bob' };
const files = (ids: Readonly<Record<string, string>>) => new Map(Object.entries(ids));

function edited(...paths: readonly string[]): Edits {
  return new Map(paths.map((path) => [path, { path, left: 'left', ...ann }]));
}

describe('what somebody else commits', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string | undefined]>([
    ['a file that is changed', { f: '1' }, { f: '2' }, '1'],
    ['a file that is removed', { f: '1' }, {}, '1'],
    ['a file that is added', {}, { f: '1' }, undefined],
  ])('%s is edited, and what the engine left there is known', (_, before, after, left) => {
    const edits = editedBy(NO_EDITS, ann, files(before), files(after));
    expect([...edits.values()]).toEqual([{ path: 'f', left, ...ann }]);
  });

  it('a file that stays as it is is not edited', () => {
    expect(editedBy(NO_EDITS, ann, files({ f: '1' }), files({ f: '1' }))).toEqual(NO_EDITS);
  });

  it('a file that is edited again is named with the newest commit, and with what the engine left', () => {
    const once = editedBy(NO_EDITS, ann, files({ f: '1' }), files({ f: '2' }));
    const twice = editedBy(once, bob, files({ f: '2' }), files({ f: '3' }));
    expect([...twice.values()]).toEqual([{ path: 'f', left: '1', ...bob }]);
  });

  it('a file that is put back is edited no longer, whoever puts it back', () => {
    const once = editedBy(NO_EDITS, ann, files({ f: '1', g: '1' }), files({ f: '2', g: '2' }));
    const back = editedBy(once, bob, files({ f: '2', g: '2' }), files({ f: '1', g: '2' }));
    expect([...back.keys()]).toEqual(['g']);
  });
});

describe('what the engine commits', () => {
  it('is as it left it from then on; what it leaves alone stays edited', () => {
    const edits = edited('f', 'g', 'h');
    const before = files({ f: '1', g: '1', h: '1' });
    const after = files({ f: '2', g: '1' });
    expect([...writtenOver(edits, before, after).keys()]).toEqual(['g']);
  });
});

const change = (kind: 'rollback' | 'withdraw' | 'advance' | 'clean-up') =>
  ({ kind, reason: 'x' }) as Change;

describe('beside an edit of one file', () => {
  it.each([
    ['rollback', 'other', true],
    ['withdraw', 'other', true],
    ['rollback', 'f', false],
    ['advance', 'other', false],
    ['clean-up', 'other', false],
  ] as const)('%s that writes %s may be done: %s', (kind, path, isSafe) => {
    expect(isSafeBeside(edited('f'), change(kind), [path])).toBe(isSafe);
  });
});

describe('a canary that is held', () => {
  it('says which files were edited, in which commits, by whom, and what to do', () => {
    const edits = editedBy(edited('f'), bob, files({ g: '1' }), files({ g: '2' }));
    expect(heldByEdits(edits)).toEqual({
      kind: 'blocked',
      why: 'edited-by-hand: f in aaaaaaaaaaaa by Ann, g in bbbbbbbbbbbb by Bob',
      remedy:
        'git revert aaaaaaaaaaaa bbbbbbbbbbbb on the delivery branch, or have it healed: delivery.edits: heal',
    });
  });

  it('says that what is urgent would undo the edit', () => {
    const { why } = heldByEdits(edited('f'), { kind: 'rollback', reason: 'no ready pod' });
    expect(why).toBe(
      'edited-by-hand: f in aaaaaaaaaaaa by Ann; it would undo that to rollback now: no ready pod',
    );
  });
});
