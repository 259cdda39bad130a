import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../engine/playground/manifests.ts';
import { aDeploymentFile } from '../../support/manifests.ts';
import { aRouteFile, aServiceFile } from './world.ts';

const read = (text: string) => readManifests(new Map([['x.yaml', text]]));

function routeOf(http: string, hosts = '[reviews]') {
  const text = `kind: VirtualService\nmetadata: {name: reviews, namespace: shop}\nspec: {hosts: ${hosts}, http: ${http}}`;
  return read(text).routes.get('shop/reviews');
}

describe('the manifests of a tree', () => {
  it('are kept by kind, namespace and name, and other kinds are passed over', () => {
    const { workloads, services, routes } = readManifests(
      new Map([
        ['d.yaml', aDeploymentFile()],
        ['s.yml', aServiceFile('reviews', 'reviews')],
        ['v.yaml', aRouteFile(90, 10)],
        ['c.yaml', 'kind: ConfigMap\nmetadata: {name: c}'],
        ['empty.yaml', '# nothing\n'],
        ['README.md', 'a: ['],
      ]),
    );
    expect([...workloads.keys()]).toEqual(['Deployment/default/reviews']);
    expect([...services.keys(), ...routes.keys()]).toEqual(['default/reviews', 'default/reviews']);
    expect(routes.get('default/reviews')).toMatchObject({
      hosts: [{ namespace: 'default', service: 'reviews' }],
      destinations: [
        { namespace: 'default', service: 'reviews-primary', weight: 90 },
        { namespace: 'default', service: 'reviews-canary', weight: 10 },
      ],
    });
  });

  it.each([
    ['', 1],
    ['\n      nodeSelector: {flagger.app/scale-to-zero: "true"}', 0],
  ])(
    'reads a DaemonSet as pods on the one node, unless they ask for labels%s: %d',
    (asked, pods) => {
      const text = aDeploymentFile({ replicas: 3 })
        .replace('kind: Deployment', 'kind: DaemonSet')
        .replace('    spec:\n      containers', `    spec:${asked}\n      containers`);
      const { workloads } = readManifests(new Map([['d.yaml', text]]));
      expect(workloads.get('DaemonSet/default/reviews')?.spec.replicas).toBe(pods);
    },
  );

  it.each([
    ['broken YAML', 'a: ['],
    ['a text', 'hello'],
    ['no kind', 'metadata: {name: x}'],
    ['no name', 'kind: Service\nmetadata: {}'],
    ['no spec', 'kind: Deployment\nmetadata: {name: x}'],
    ['no template', 'kind: Deployment\nmetadata: {name: x}\nspec: {}'],
    ['half a pod', aDeploymentFile({ replicas: 1 }).replace('replicas: 1', 'replicas: 0.5')],
    ['too many pods', aDeploymentFile({ replicas: 500 })],
    ['labels that its selector misses', aDeploymentFile().replace('app: reviews', 'app: other')],
    ['containers that are no list', aDeploymentFile().replace(/containers:[^]*/, 'containers: 1')],
    ['an alias bomb', `a: &a [1]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`],
  ])('are refused with the file’s name for %s', (_, text) => {
    expect(() => read(text)).toThrow(/^x\.yaml cannot be applied: .+/);
  });
});

describe('a route', () => {
  const destination = (host: string, weight?: number) =>
    `{destination: {host: ${host}}${weight === undefined ? '' : `, weight: ${weight}`}}`;

  it.each([
    ['gives a lone destination everything', [destination('a', 50)], [100]],
    ['gives nothing to one without a weight', [destination('a', 90), destination('b')], [90, 0]],
    [
      'takes weights that do not sum to 100 as they are',
      [destination('a', 90), destination('b', 20)],
      [90, 20],
    ],
  ])('%s', (_, destinations, weights) => {
    const route = routeOf(`[{route: [${destinations.join(', ')}]}]`);
    expect(route?.destinations.map(({ weight }) => weight)).toEqual(weights);
  });

  it('names Services of its own namespace, or of another', () => {
    const route = routeOf(
      `[{route: [${destination('a', 1)}, ${destination('b.other.svc.cluster.local', 1)}]}]`,
      '[reviews, shop.example.com, reviews.bookinfo]',
    );
    expect(route?.destinations).toMatchObject([{ namespace: 'shop' }, { namespace: 'other' }]);
    expect(route?.hosts).toEqual([
      { namespace: 'shop', service: 'reviews' },
      { namespace: 'bookinfo', service: 'reviews' },
    ]);
  });

  it('without rules has no effect', () => {
    expect(routeOf('[]')?.destinations).toEqual([]);
  });

  it.each([
    ['weights that sum to 0', `[{route: [${destination('a', 0)}, ${destination('b', 0)}]}]`],
    ['a negative weight', `[{route: [${destination('a', 50)}, ${destination('b', -1)}]}]`],
    ['a rule without a route', '[{}]'],
    ['a destination outside', `[{route: [${destination('www.example.com', 1)}]}]`],
  ])('is refused for %s', (_, http) => {
    expect(() => routeOf(http)).toThrow('cannot be applied');
  });
});
