import { describe, expect, it } from 'vitest';
import { considerOrigin, imagesOf } from '../../../engine/core/origin.ts';

const NAME = 'Deployment reviews-primary.default';
const consider = (origin: Parameters<typeof considerOrigin>[0]) =>
  considerOrigin(origin, { app: 'reviews:1' }, NAME);

describe('a primary that is there before its canary', () => {
  it('is no obstacle when there is none, or nobody can have made one', () => {
    expect(consider({ state: 'missing' })).toBeUndefined();
    expect(consider(undefined)).toBeUndefined();
  });

  it('is taken over when it runs what the source says and belongs to nobody', () => {
    expect(consider({ state: 'found', images: { app: 'reviews:1' } })).toBeUndefined();
  });

  it.each([
    ['another image', { app: 'reviews:2' }, 'runs reviews:2 as app, but the source says reviews:1'],
    ['a container more', { app: 'reviews:1', x: 'y' }, 'runs y as x, but the source says nothing'],
    ['a container less', {}, 'runs nothing as app, but the source says reviews:1'],
  ])('is left alone when it has %s: users would get it unanalysed', (_, images, why) => {
    expect(consider({ state: 'found', images })).toMatchObject({
      kind: 'blocked',
      why: expect.stringContaining(why),
    });
  });

  it('is left alone when it would be deleted together with somebody else’s object', () => {
    const owned = {
      state: 'found',
      images: { app: 'reviews:1' },
      owner: 'Canary reviews',
    } as const;
    expect(consider(owned)).toMatchObject({
      kind: 'blocked',
      why: expect.stringContaining('belongs to Canary reviews'),
      remedy: expect.stringContaining('docs/targets.md'),
    });
  });

  it('is waited for when nobody can tell whether it is there', () => {
    expect(consider({ state: 'unknown', why: 'no answer' })).toMatchObject({
      kind: 'wait',
      why: expect.stringContaining('no answer'),
    });
  });
});

it('the images of pods are those of all their containers', () => {
  const containers = [{ name: 'app', image: 'reviews:1' }, { name: 'bare' }];
  const initContainers = [{ name: 'init', image: 'init:1' }];
  expect(imagesOf({ spec: { containers, initContainers } })).toEqual({
    app: 'reviews:1',
    bare: 'undefined',
    init: 'init:1',
  });
  expect(imagesOf({})).toEqual({});
});
