import { expect, it } from 'vitest';
import { Pokes } from '../../../engine/controller/pokes.ts';

const SECOND_MS = 1_000;

/** The seconds at which an agent is asked again, of all that are tried. */
function askedAt(pokes: Pokes, seconds: number): readonly number[] {
  return Array.from({ length: seconds }, (_, second) => second).filter((second) =>
    pokes.askAgain('delivery/demo', second * SECOND_MS),
  );
}

it('an agent that nobody has asked yet is asked at once, and then less and less often', () => {
  expect(askedAt(new Pokes(), 2_000)).toEqual([
    0, 30, 90, 210, 450, 750, 1_050, 1_350, 1_650, 1_950,
  ]);
});

it('an agent that has just been asked for a commit is given half a minute', () => {
  const pokes = new Pokes();
  pokes.asked('delivery/demo', 5 * SECOND_MS);
  expect(askedAt(pokes, 100)).toEqual([35, 95]);
});

it('each branch has an agent of its own', () => {
  const pokes = new Pokes();
  pokes.asked('delivery/demo', 0);
  expect(pokes.askAgain('delivery/other', SECOND_MS)).toBe(true);
});

it('what nobody waits for is not asked for while somebody waits, but for half a minute at the most', () => {
  const pokes = new Pokes();
  pokes.askLater('delivery/demo', ['workloads'], 0);
  for (let second = 0; second < 30; second += 1) {
    if (second % 2 === 0) pokes.asked('delivery/other', second * SECOND_MS);
    expect([...pokes.due(second * SECOND_MS)]).toEqual([]);
  }
  expect([...pokes.due(30 * SECOND_MS)]).toEqual([['delivery/demo', ['workloads']]]);
  pokes.askLater('delivery/demo', ['workloads'], 30 * SECOND_MS);
  expect([...pokes.due(33 * SECOND_MS)]).toEqual([['delivery/demo', ['workloads']]]);
});

it('an agent is asked later, and once, for what nobody waits for', () => {
  const pokes = new Pokes();
  pokes.askLater('delivery/demo', ['workloads'], 0);
  pokes.askLater('delivery/demo', ['workloads'], 2 * SECOND_MS);
  pokes.askLater('delivery/other', ['workloads'], 2 * SECOND_MS);
  expect([...pokes.due(2.9 * SECOND_MS)]).toEqual([]);
  expect([...pokes.due(3 * SECOND_MS)]).toEqual([['delivery/demo', ['workloads']]]);
  expect([...pokes.due(5 * SECOND_MS)]).toEqual([['delivery/other', ['workloads']]]);
  expect([...pokes.due(60 * SECOND_MS)]).toEqual([]);
});
