import { expect, it } from 'vitest';
import { isCommitId } from '../../../engine/core/commit-id.ts';

it.each(['a'.repeat(40), '0123456789'.repeat(4), 'f'.repeat(64)])('%s is a commit', (text) => {
  expect(isCommitId(text)).toBe(true);
});

it.each(['', 'main', '--upload-pack=x', 'A'.repeat(40), 'a'.repeat(39), `${'a'.repeat(40)}\n`])(
  '%j is none',
  (text) => {
    expect(isCommitId(text)).toBe(false);
  },
);
