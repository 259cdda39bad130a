import { describe, expect, it } from 'vitest';
import { mainline } from '../../../engine/core/mainline.ts';

/** `engine-…` are the engine's commits; newest first, as Git lists them. */
function through(commits: Readonly<Record<string, readonly string[]>>, known?: string) {
  const listed = Object.entries(commits).map(([commit, parents]) => ({ commit, parents }));
  const steps = mainline(listed, ({ commit }) => commit.startsWith('engine'), known);
  return steps.map(({ parent, commit }) => `${parent} → ${commit.commit}`);
}

describe('the states that a branch went through', () => {
  it('are its commits, oldest first; before the first there was none', () => {
    expect(through({ c: ['b'], b: ['a'], a: [] })).toEqual(['a → b', 'b → c']);
  });

  it('begin with the last one that is listed, after the one before it', () => {
    expect(through({ c: ['b'], b: ['a'] })).toEqual(['a → b', 'b → c']);
  });

  it('end at the state that is known', () => {
    expect(through({ c: ['b'], b: ['known'] }, 'known')).toEqual(['known → b', 'b → c']);
  });

  it('are none where nothing is listed', () => {
    expect(through({}, 'known')).toEqual([]);
  });

  it('go by the first parent where somebody merges their work into the branch', () => {
    const merged = { merge: ['engine-2', 'own'], 'engine-2': ['engine-1'], own: ['engine-1'] };
    expect(through({ ...merged, 'engine-1': [] })).toEqual([
      'engine-1 → engine-2',
      'engine-2 → merge',
    ]);
  });

  it('go by the engine’s commits where somebody merges the branch into their work', () => {
    const pulled = { merge: ['own', 'engine-2'], own: ['engine-1'], 'engine-2': ['engine-1'] };
    expect(through({ ...pulled, 'engine-1': [] })).toEqual([
      'engine-1 → engine-2',
      'engine-2 → merge',
    ]);
  });

  it('go by the known state where somebody merges it into their work', () => {
    const pulled = { merge: ['own', 'known'], own: ['earlier'] };
    expect(through(pulled, 'known')).toEqual(['known → merge']);
  });
});
