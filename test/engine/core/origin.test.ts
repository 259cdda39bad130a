import { describe, expect, it } from 'vitest';
import {
  considerObject,
  considerOrigin,
  considerService,
  imagesOf,
} from '../../../engine/core/origin.ts';

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
      remedy: expect.stringContaining('docs/adopting-and-leaving.md'),
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

describe('an object of the routes that is there before its canary', () => {
  const title = 'Service reviews.default';

  it('is taken over when nobody has put a mark on it', () => {
    expect(considerObject(undefined, title)).toBeUndefined();
    expect(considerObject({ state: 'missing' }, title)).toBeUndefined();
    expect(considerObject({ state: 'found' }, title)).toBeUndefined();
  });

  it.each([
    [{ owner: 'Canary reviews' }, 'belongs to Canary reviews'],
    [{ guard: 'x/reconcile: disabled' }, 'the sync agent would leave it as it is'],
    [{ finalizer: 'finalizer.flagger.app' }, 'nobody would ever take it away'],
  ])('is left alone with %j', (marks, why) => {
    expect(considerObject({ state: 'found', ...marks }, title)).toMatchObject({
      kind: 'blocked',
      why: expect.stringContaining(why),
      remedy: expect.stringContaining('stop Flagger'),
    });
  });

  it('is waited for when nobody can tell', () => {
    expect(considerObject({ state: 'unknown', why: 'no answer' }, title)?.kind).toBe('wait');
  });
});

describe('a public Service that stands on the branch', () => {
  const aService = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'reviews' },
    spec,
  });
  const generated = aService({ type: 'ClusterIP', ports: [{ port: 80 }] });
  const becoming = (spec: object) => considerService(aService(spec), generated);

  it('becomes the generated one when its clients find the same', () => {
    expect(becoming({ ports: [{ port: 80, targetPort: 8080 }] })).toBeUndefined();
    expect(becoming({ type: 'ClusterIP', clusterIP: '10.0.0.7', ports: [{ port: 80 }] })).toBe(
      undefined,
    );
  });

  it.each([
    [{ type: 'LoadBalancer', ports: [{ port: 80 }] }, 'it is LoadBalancer and would be ClusterIP'],
    [{ clusterIP: 'None', ports: [{ port: 80 }] }, 'it is headless and would be ClusterIP'],
    [{ ports: [{ port: 80 }, { port: 9090 }] }, 'its port 9090 would be gone: it would have 80'],
  ])('is left alone with %j', (spec, why) => {
    expect(becoming(spec)).toMatchObject({
      kind: 'blocked',
      why: expect.stringContaining(why),
    });
  });
});
