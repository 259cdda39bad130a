import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import {
  ArgocdDelivery,
  EngineInstallation,
  type EngineInstallationProps,
  FluxDelivery,
  PropertyError,
} from '../../../constructs/index.ts';
import { synthManifests } from '../../../constructs/testing.ts';
import { AS_IN_ITS_CONTAINER } from '../../../bench/engine-memory.ts';
import { parseOperatorConfig } from '../../support/operator-config.ts';
import { syncNamesOf } from '../../../engine/wiring/sync-names.ts';
import type { Construct } from 'constructs';

/** Files people can read: `vitest run -u` writes them anew. */
function expectManifests(file: string, build: (scope: Construct) => unknown) {
  const text = synthManifests(build)
    .map((manifest) => stringify(manifest, { singleQuote: true }))
    .join('---\n');
  return expect(text).toMatchFileSnapshot(`expected/${file}`);
}

const repository = { name: 'shop', url: 'https://git.example/shop.git', branch: 'env/prod' };

describe('the wiring of a delivery branch', () => {
  it('is a GitRepository and a Kustomization for each layer with Flux, and traffic waits for nothing', () =>
    expectManifests(
      'flux.yaml',
      (scope) => new FluxDelivery(scope, 'shop', { ...repository, secretName: 'git' }),
    ));

  it('is an Application for each layer with Argo CD, which heals drift and does not repeat a failed sync', () =>
    expectManifests('argocd.yaml', (scope) => new ArgocdDelivery(scope, 'shop', repository)));

  it('is as much for each cell, and for what belongs to no canary', () => {
    const cells = { ...repository, branch: 'delivery/{cell}', cells: 2 };
    const flux = synthManifests((scope) => new FluxDelivery(scope, 'shop', cells));
    expect(
      flux.map(({ metadata, spec }) => [metadata.name, (spec as FluxSpec).ref?.branch]),
    ).toEqual(
      ['shop-0', 'shop-1', 'shop-shared.cell'].flatMap((name, cell) => [
        [`${name}-workloads`, `delivery/${['0', '1', '_shared'][cell]}`],
        [`${name}-workloads`, undefined],
        [`${name}-traffic`, `delivery/${['0', '1', '_shared'][cell]}`],
        [`${name}-traffic`, undefined],
        [`${name}-routes`, `delivery/${['0', '1', '_shared'][cell]}`],
        [`${name}-routes`, undefined],
      ]),
    );
    const argocd = synthManifests((scope) => new ArgocdDelivery(scope, 'shop', cells));
    expect(argocd.map(({ metadata }) => metadata.name)).toContain('shop-shared.cell-traffic');
    expect(argocd).toHaveLength(9);
  });

  it('calls the objects what the engine looks for', () => {
    const text = `source: { folder: d }
delivery: { repository: ., branch: 'delivery/{namespace}' }
cluster:
  provider: kubernetes
  sync:
    agent: flux
    workloads: 'shop-{namespace}-workloads'
    traffic: 'shop-{namespace}-traffic'
    routes: 'shop-{namespace}-routes'
`;
    const loaded = parseOperatorConfig(text, 'serin.yaml');
    if (!('config' in loaded) || loaded.config.cluster?.provider !== 'kubernetes') {
      throw new Error(JSON.stringify(loaded));
    }
    const { config } = loaded;
    const { sync } = loaded.config.cluster;
    const branches = { branch: 'delivery/{namespace}', namespaces: ['cart', 'pay'] };
    let names: readonly string[] = [];
    synthManifests((scope) => {
      names = new FluxDelivery(scope, 'shop', { ...repository, ...branches }).agent.names ?? [];
    });
    const wanted = ['delivery/cart', 'delivery/pay', 'delivery/_shared'].flatMap((branch) => {
      const { workloads, traffic, routes } = syncNamesOf(config, sync, branch);
      return [workloads, traffic, routes];
    });
    expect(wanted).toEqual(names);
  });

  it('needs to know the namespaces that have a branch each', () => {
    const build = { ...repository, branch: 'delivery/{namespace}' };
    expect(() => synthManifests((scope) => new FluxDelivery(scope, 'shop', build))).toThrow(
      'namespaces',
    );
  });

  it.each(['name', 'url', 'branch'] as const)('names an empty %s', (property) => {
    const build = { ...repository, [property]: '' };
    expect(() => synthManifests((scope) => new FluxDelivery(scope, 'shop', build))).toThrow(
      property,
    );
    expect(() => synthManifests((scope) => new ArgocdDelivery(scope, 'shop', build))).toThrow(
      property,
    );
  });
});

interface FluxSpec {
  readonly ref?: { readonly branch: string };
}

const CONFIGURATION = {
  source: { repository: 'https://git.example/shop.git' },
  delivery: { repository: 'https://git.example/shop.git', branch: 'env/prod' },
  git: { credentials: '/etc/serin-git' },
  cluster: {
    provider: 'kubernetes',
    sync: { agent: 'flux', workloads: 'shop-workloads', traffic: 'shop-traffic' },
    lease: { namespace: 'serin-system', name: 'serin' },
  },
};

function installed(props: Partial<EngineInstallationProps> = {}) {
  return synthManifests(
    (scope) =>
      new EngineInstallation(scope, 'serin', {
        image: 'registry.example/serin:0.1.0',
        configuration: CONFIGURATION,
        watchedNamespaces: ['shop'],
        agent: { kind: 'flux', namespace: 'flux-system' },
        ...props,
      }),
  );
}

const rulesOf = (manifests: ReturnType<typeof installed>) =>
  manifests.flatMap(({ rules }) => (rules ?? []) as Rule[]);

const podsOf = (manifests: ReturnType<typeof installed>) =>
  manifests.find(({ kind }) => kind === 'Deployment')?.['spec'];

describe('the engine in a cluster', () => {
  it.each(['flux', 'argocd'] as const)('has the rights it needs and no others, with %s', (kind) =>
    expectManifests(
      `engine-with-${kind}.yaml`,
      (scope) =>
        new EngineInstallation(scope, 'serin', {
          image: 'registry.example/serin:0.1.0',
          configuration: 'poll: 10s\n',
          watchedNamespaces: ['shop', 'checkout'],
          agent: { kind, namespace: kind === 'flux' ? 'flux-system' : 'argocd' },
          gitSecretName: 'git',
        }),
    ),
  );

  it('may write nothing but statuses, events, its lease and the request to look', () => {
    const written = rulesOf(installed())
      .filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
      .flatMap(({ resources }) => resources);
    expect(written).toEqual(['leases', 'gitrepositories', 'canaries/status', 'events']);
  });

  it('reaches the objects of its delivery alone, once it is told of them', () => {
    const agentNames = (Delivery: typeof FluxDelivery | typeof ArgocdDelivery) => {
      const manifests = synthManifests((scope) => {
        const { agent } = new Delivery(scope, 'shop', repository);
        new EngineInstallation(scope, 'serin', {
          image: 'registry.example/serin:0.1.0',
          configuration: CONFIGURATION,
          watchedNamespaces: ['shop'],
          agent,
        });
      });
      return rulesOf(manifests).flatMap(({ resourceNames }) =>
        resourceNames === undefined ? [] : [resourceNames],
      );
    };
    const names = ['shop-workloads', 'shop-traffic', 'shop-routes'];
    expect(agentNames(FluxDelivery)).toEqual([names, names]);
    expect(agentNames(ArgocdDelivery)).toEqual([names]);
  });

  it('reads no Secret, unless it is told which', () => {
    const rights = (props: Parameters<typeof installed>[0]) =>
      rulesOf(installed(props)).filter(({ resources }) => resources.includes('secrets'));
    const get = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };
    expect(rights({})).toEqual([]);
    const secrets = [
      { namespace: 'shop', names: ['datadog'] },
      { namespace: 'shop', names: ['slack'] },
      { namespace: 'monitoring' },
    ];
    expect(rights({ secrets })).toEqual([
      { ...get, resourceNames: ['datadog'] },
      { ...get, resourceNames: ['slack'] },
      get,
    ]);
  });

  it('finds the credentials of its own receivers of alerts where it is told to look', () => {
    const pods = podsOf(installed({ alertSecretNames: ['slack', 'audit'] }));
    expect(pods).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              volumeMounts: [
                {},
                {},
                { name: 'alerts-0', mountPath: '/etc/serin-alerts/slack', readOnly: true },
                { name: 'alerts-1', mountPath: '/etc/serin-alerts/audit', readOnly: true },
              ],
            },
          ],
          volumes: [
            {},
            {},
            { secret: { secretName: 'slack' } },
            { secret: { secretName: 'audit' } },
          ],
        },
      },
    });
  });

  it('is probed and scraped where it listens', () => {
    const pods = podsOf(installed({ port: 9000 }));
    expect(pods).toMatchObject({
      template: {
        metadata: { annotations: { 'prometheus.io/port': '9000' } },
        spec: {
          containers: [
            {
              args: ['run', '--config', '/etc/serin/serin.yaml', '--serve', ':9000'],
              ports: [{ name: 'http', containerPort: 9000 }],
              readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
            },
          ],
        },
      },
    });
  });

  it('writes a configuration that the engine reads without a complaint', () => {
    const data = installed().find(({ kind }) => kind === 'ConfigMap')?.['data'];
    const { 'serin.yaml': text } = data as { readonly 'serin.yaml': string };
    expect(parseOperatorConfig(text, 'serin.yaml')).toMatchObject({ config: CONFIGURATION });
  });

  it('gets new pods with each change of the configuration, and with no other', () => {
    const changed = { ...CONFIGURATION, poll: '5s' };
    expect(podsOf(installed({ configuration: changed }))).not.toEqual(podsOf(installed()));
    expect(podsOf(installed({ watchedNamespaces: ['shop', 'news'] }))).toEqual(podsOf(installed()));
  });

  it('is told in which pod it runs, so that it knows its own lease after a crash', () => {
    const fromPod = { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };
    expect(podsOf(installed())).toMatchObject({
      template: { spec: { containers: [{ env: expect.arrayContaining([fromPod]) }] } },
    });
  });

  it('is measured with the memory that its container has', () => {
    const { args, env } = AS_IN_ITS_CONTAINER;
    const [semiSpace, oldSpace] = args;
    const limitMib = 2 * Number(oldSpace.split('=')[1]);
    expect(podsOf(installed())).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              env: expect.arrayContaining([
                { name: 'NODE_OPTIONS', value: semiSpace },
                ...Object.entries(env).map(([name, value]) => ({ name, value })),
              ]),
              resources: { limits: { memory: `${limitMib}Mi` } },
            },
          ],
        },
      },
    });
  });

  it('takes a namespace that is named twice for one', () => {
    expect(installed({ watchedNamespaces: ['shop', 'shop'] })).toEqual(installed());
  });

  it.each([
    [{ image: '' }, /^image is ""/],
    [{ configuration: ' ' }, /^configuration is " "/],
    [{ watchedNamespaces: [] }, /^watchedNamespaces is \[\], .* name the namespaces/],
    [{ secrets: [{ namespace: 'shop', names: [] }] }, /^secrets\[0\].names is \[\], .* all names/],
    [{ replicas: 0 }, /^replicas is 0, .* from 1 to 10/],
  ])('refuses %o and says why', (props, message) => {
    expect(() => installed(props)).toThrow(PropertyError);
    expect(() => installed(props)).toThrow(message);
  });
});

interface Rule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}
