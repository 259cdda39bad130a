import { describe, expect, it } from 'vitest';
import { act } from '../../../engine/controller/act.ts';
import type { Action } from '../../../engine/core/actions.ts';
import { ProblemError } from '../../../engine/core/errors.ts';
import { controlPath } from '../../../engine/core/paths.ts';
import { World } from '../../simulation/world.ts';

const CANARY = 'default/reviews';

/** A canary at rest, in a world without faults. */
async function aWorld() {
  const world = new World(1, { names: ['reviews'] });
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  for (let pass = 0; pass < 40 && !(await world.isSettled()); pass += 1) await world.step();
  return world;
}

const codeOf = async (work: Promise<unknown>) => {
  const error: unknown = await work.catch((caught: unknown) => caught);
  return error instanceof ProblemError ? error.problems[0]?.code : 'no problem';
};

describe('what a person wants of a canary', () => {
  it('is one commit of the control file alone, that says who wants it', async () => {
    const world = await aWorld();
    const before = world.repository.tip;
    const outcome = await act(world.ports(), CANARY, { kind: 'pause' }, 'alice');
    const { tip } = world.repository;
    expect(outcome).toEqual({
      kind: 'committed',
      commit: tip?.id,
      subject: 'reviews.default: pause',
    });
    expect(tip?.parent).toBe(before);
    expect(tip?.message).toContain('Canary: default/reviews\nControl: pause\nBy: alice\n');
    const changed = [...(tip?.files ?? [])].filter(
      ([path, text]) => before?.files.get(path) !== text,
    );
    expect(changed).toEqual([[controlPath(CANARY), 'version: 1\npause: true\n']]);
  });

  it('is what the next pass goes by', async () => {
    const world = await aWorld();
    await act(world.ports(), CANARY, { kind: 'pause' }, undefined);
    world.source.release(() => 'good');
    const isStarted = () =>
      world.repository.commits.some(({ message }) => message.includes('Decision: start'));
    for (let pass = 0; pass < 5; pass += 1) await world.step();
    expect(isStarted()).toBe(false);
    await act(world.ports(), CANARY, { kind: 'resume' }, undefined);
    for (let pass = 0; pass < 5; pass += 1) await world.step();
    expect(isStarted()).toBe(true);
  });

  it('is committed once, however often it is said', async () => {
    const world = await aWorld();
    await act(world.ports(), CANARY, { kind: 'pause' }, undefined);
    const { length } = world.repository.commits;
    const again = await act(world.ports(), CANARY, { kind: 'pause' }, undefined);
    expect(again.kind).toBe('unchanged');
    expect(world.repository.commits).toHaveLength(length);
  });

  it('goes on top of what somebody else has just committed', async () => {
    const world = await aWorld();
    const { repository } = world;
    const publish = repository.publish.bind(repository);
    let races = 0;
    repository.publish = (...args) => {
      if (races++ === 0) repository.humanCommit();
      return publish(...args);
    };
    const outcome = await act(world.ports(), CANARY, { kind: 'pause' }, undefined);
    expect(outcome.kind).toBe('committed');
    expect(races).toBe(2);
    expect(repository.tip?.parent?.foreign).toBe(true);
  });

  it.each<[string, `${string}/${string}`, Action, string]>([
    ['a canary nobody knows', 'default/nobody', { kind: 'pause' }, 'canary-unknown'],
    ['what would mean nothing', CANARY, { kind: 'abort' }, 'action-refused'],
  ])('is refused: %s', async (_, canary, action, code) => {
    const world = await aWorld();
    expect(await codeOf(act(world.ports(), canary, action, undefined))).toBe(code);
  });

  it('does not overwrite a control file that nobody can read', async () => {
    const world = await aWorld();
    world.repository.commitByHand(controlPath(CANARY), 'pause: yes\n');
    const code = await codeOf(act(world.ports(), CANARY, { kind: 'resume' }, undefined));
    expect(code).toBe('control-damaged');
  });
});
