import { expect, it } from 'vitest';
import { type MoveState, moveStep } from '../../../engine/core/move.ts';

const BOTH = { from: true, to: true };
const state = (
  leaving: MoveState['leaving'],
  arriving: MoveState['arriving'],
  isApplied = BOTH,
): MoveState => ({ leaving, arriving, isApplied });

it.each([
  ['what was never told to stay is told so first', state('plain', 'nothing'), 'bring'],
  ['also when only the other branch took its commit', state('plain', 'same'), 'bring'],
  ['a copy that is not there is made', state('kept', 'nothing'), 'bring'],
  ['a copy that has fallen behind is made anew', state('kept', 'other'), 'bring'],
  [
    'nothing goes before the new agent has it',
    state('kept', 'same', { from: true, to: false }),
    'wait',
  ],
  [
    'nor before the old one knows that it stays',
    state('kept', 'same', { from: false, to: true }),
    'wait',
  ],
  ['then it goes', state('kept', 'same'), 'leave'],
  ['and may be deleted again once the old agent has let go', state('gone', 'same'), 'settle'],
  ['and not before', state('gone', 'same', { from: false, to: true }), 'wait'],
] as const)('%s', (_, given, step) => {
  expect(moveStep(given).kind).toBe(step);
});
