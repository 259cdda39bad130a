import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createSystemClock } from '../../../engine/adapters/clock/system-clock.ts';
import { createArgocdSync } from '../../../engine/adapters/kubernetes/argocd-sync.ts';
import { createFluxSync } from '../../../engine/adapters/kubernetes/flux-sync.ts';
import { kubeconfigAccess } from '../../../engine/adapters/kubernetes/kubeconfig-access.ts';
import { openKubernetesApi } from '../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { directReader } from '../../../engine/adapters/kubernetes/read-object.ts';
import { Component } from './component.ts';
import type { Construct } from 'constructs';
import { type Layer, LAYERS } from '../../../constructs/delivery-layers.ts';
import { ArgocdDelivery, FluxDelivery, type Manifest } from '../../../constructs/index.ts';
import { synthManifests } from '../../../constructs/testing.ts';
import { ADMIN, apply, ARGO, kubectl, read } from './control-plane.ts';
import { DELIVERY_BRANCH, DELIVERY_URL, GIT_PASSWORD } from './git.ts';
import { AGENT, binary, LIBRARIES, STATE } from './surroundings.ts';

/** A sync agent as its users run it, following the delivery branch. */
export interface SyncAgent {
  /** What a user would restart, in the order it is started. */
  readonly components: readonly Component[];
  /** Creates its objects: in a new cluster this is all that is needed to get everything back. */
  applyObjects(): void;
  /** The part of `serin.yaml` that names its objects. */
  readonly sync: object;
  /** Does it call everything applied and in order? */
  isSettled(): boolean;
  /** Asks it to look now, as the engine does. */
  poke(layers: readonly Layer[]): Promise<void>;
  /** Ends it, so that objects can be changed by hand. */
  stop(): Promise<void>;
  /** Stops it from applying the workloads, as a person would. */
  suspendWorkloads(suspended: boolean): void;
}

/** What an agent follows, and how it is run. */
export interface Following {
  /** The branch of the delivery repository, or with `cells` a pattern of branches. */
  readonly branch: string;
  readonly cells?: number;
  /** How often the agent looks by itself. */
  readonly interval: string;
  /** Arguments of both of Flux's controllers beside those of the suite. */
  readonly fluxArgs?: readonly string[];
}

const ONE_BRANCH: Following = { branch: DELIVERY_BRANCH, interval: '10s' };

/** The names of the agent's objects; with cells, patterns of them. */
function namesOf({ cells }: Following) {
  const name = cells === undefined ? 'shop' : 'shop-{cell}';
  return { workloads: `${name}-workloads`, traffic: `${name}-traffic`, routes: `${name}-routes` };
}

function adminSurroundings() {
  const api = openKubernetesApi(kubeconfigAccess({ kubeconfig: ADMIN }));
  return { api, objects: directReader(api), clock: createSystemClock() };
}

async function stopAll(components: readonly Component[]): Promise<void> {
  await Promise.all(components.map((component) => component.stop()));
}

export async function startAgent(following: Following = ONE_BRANCH): Promise<SyncAgent> {
  switch (AGENT) {
    case 'flux':
      return startFlux(following);
    case 'argocd':
      return startArgocd(following);
  }
}

interface Conditioned {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

async function startFlux(following: Following): Promise<SyncAgent> {
  const namespace = 'flux-system';
  const wired = { namespace, ...namesOf(following) };
  const { fluxArgs = [] } = following;
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const controllers = [
    flux('source-controller', [
      `--storage-path=${folder('artifacts')}`,
      '--storage-addr=127.0.0.1:9190',
      '--storage-adv-addr=127.0.0.1:9190',
      '--metrics-addr=127.0.0.1:9191',
      '--health-addr=127.0.0.1:9192',
      ...fluxArgs,
    ]),
    flux('kustomize-controller', [
      '--metrics-addr=127.0.0.1:9193',
      '--health-addr=127.0.0.1:9194',
      '--feature-gates=CancelHealthCheckOnNewRevision=true',
      ...fluxArgs,
    ]),
  ];
  await Promise.all(controllers.map((component) => component.start()));
  const applyObjects = () =>
    apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...fluxObjects(namespace, following),
    );
  applyObjects();
  return {
    components: controllers,
    applyObjects,
    sync: { agent: 'flux', ...wired },
    poke: (layers) => createFluxSync(adminSurroundings(), wired).poke(layers),
    stop: () => stopAll(controllers),
    isSettled: () =>
      LAYERS.map((layer) => `shop-${layer}`).every((name) => {
        const object = read('kustomization', name, namespace) as Conditioned | undefined;
        return object?.status?.conditions?.some(
          ({ type, status }) => type === 'Ready' && status === 'True',
        );
      }),
    suspendWorkloads: (suspended) =>
      patch('kustomization', namespace, { spec: { suspend: suspended } }),
  };
}

function flux(name: string, args: readonly string[]): Component {
  const healthPort = name === 'source-controller' ? 9192 : 9194;
  return new Component({
    name,
    command: binary(name),
    args: [
      ...args,
      '--events-addr=',
      '--enable-leader-election=false',
      '--watch-all-namespaces=true',
    ],
    env: { KUBECONFIG: ADMIN, TMPDIR: folder(`${name}-tmp`), RUNTIME_NAMESPACE: 'flux-system' },
    readyUrl: `http://127.0.0.1:${healthPort}/readyz`,
  });
}

function fluxObjects(namespace: string, { branch, cells, interval }: Following): object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'git', namespace },
      stringData: { username: 'serin', password: GIT_PASSWORD },
    },
    ...wiring(
      (scope) =>
        new FluxDelivery(scope, 'shop', {
          name: 'shop',
          namespace,
          url: DELIVERY_URL,
          branch,
          ...(cells === undefined ? {} : { cells }),
          secretName: 'git',
          interval,
        }),
    ),
  ];
}

/** What a platform team gets from the constructs, as it is. */
function wiring(build: (scope: Construct) => unknown): readonly Manifest[] {
  return synthManifests(build);
}

interface Application {
  readonly status?: {
    readonly sync?: { readonly status?: string };
    readonly operationState?: { readonly phase?: string };
  };
}

async function startArgocd(following: Following): Promise<SyncAgent> {
  const namespace = 'argocd';
  const wired = { namespace, ...namesOf(following) };
  apply(...argocdSettings(namespace));
  const redis = new Component({
    name: 'redis',
    command: binary('redis-server'),
    args: ['--port', '6379', '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    env: { LD_LIBRARY_PATH: LIBRARIES },
  });
  const repoServer = argocd('argocd-repo-server', 8084, [
    '--address',
    '127.0.0.1',
    '--port',
    '8082',
    '--metrics-address',
    '127.0.0.1',
    '--metrics-port',
    '8084',
    '--redis',
    '127.0.0.1:6379',
    '--disable-tls',
  ]);
  const controller = argocd('argocd-application-controller', 8086, [
    '--metrics-port',
    '8086',
    '--redis',
    '127.0.0.1:6379',
    '--repo-server',
    '127.0.0.1:8082',
    '--repo-server-plaintext',
  ]);
  await redis.start();
  await repoServer.start();
  await controller.start();
  const applyObjects = () =>
    apply(...argocdSettings(namespace), ...applications(namespace, following));
  applyObjects();
  return {
    applyObjects,
    components: [repoServer, controller],
    sync: { agent: 'argocd', ...wired },
    poke: (layers) => createArgocdSync(adminSurroundings(), wired).poke(layers),
    stop: () => stopAll([controller, repoServer]),
    isSettled: () =>
      LAYERS.map((layer) => `shop-${layer}`).every((name) => {
        const { status } = (read('application', name, namespace) ?? {}) as Application;
        return status?.sync?.status === 'Synced' && status.operationState?.phase !== 'Running';
      }),
    suspendWorkloads: (suspended) =>
      patch('application', namespace, {
        metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': String(suspended) } },
      }),
  };
}

function argocd(name: string, metricsPort: number, args: readonly string[]): Component {
  const home = folder(name);
  for (const child of ['tls', 'ssh', 'gpg', 'plugins', 'tmp']) folder(name, child);
  mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'ssh', 'ssh_known_hosts'), '');
  return new Component({
    name,
    command: binary('argocd'),
    args,
    env: {
      ARGOCD_BINARY_NAME: name,
      KUBECONFIG: ARGO,
      ARGOCD_FAKE_IN_CLUSTER: 'true',
      // By default in /tmp: of two clusters on one machine, one would be told the other's passwords.
      ARGOCD_ASK_PASS_SOCK: join(STATE, 'ask-pass.sock'),
      ARGOCD_TLS_DATA_PATH: join(home, 'tls'),
      ARGOCD_SSH_DATA_PATH: join(home, 'ssh'),
      ARGOCD_GPG_DATA_PATH: join(home, 'gpg'),
      ARGOCD_GNUPGHOME: join(home, 'keys'),
      ARGOCD_GPG_ENABLED: 'false',
      ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
      ARGOCD_RECONCILIATION_TIMEOUT: '10s',
      ARGOCD_RECONCILIATION_JITTER: '0',
      TMPDIR: join(home, 'tmp'),
      HOME: home,
      PATH: `${toolFolder()}${delimiter}${process.env['PATH'] ?? ''}`,
    },
    readyUrl: `http://127.0.0.1:${metricsPort}/healthz`,
  });
}

/** Argo CD looks for kustomize and for itself on the path. */
function toolFolder(): string {
  const tools = folder('argocd-tools');
  for (const name of ['kustomize', 'argocd']) {
    try {
      symlinkSync(binary(name), join(tools, name));
    } catch {
      // It is there from the component before.
    }
  }
  return tools;
}

function argocdSettings(namespace: string): object[] {
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const configMap = (name: string, data = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    configMap('argocd-cm'),
    configMap('argocd-rbac-cm'),
    configMap('argocd-tls-certs-cm'),
    configMap('argocd-gpg-keys-cm'),
    configMap('argocd-ssh-known-hosts-cm', { ssh_known_hosts: '' }),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace, labels },
      type: 'Opaque',
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'shop-repository',
        namespace,
        labels: { ...labels, 'argocd.argoproj.io/secret-type': 'repository' },
      },
      stringData: {
        type: 'git',
        url: DELIVERY_URL,
        username: 'serin',
        password: GIT_PASSWORD,
      },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: { name: 'default', namespace },
      spec: {
        sourceRepos: ['*'],
        destinations: [{ namespace: '*', server: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    },
  ];
}

function applications(namespace: string, { branch, cells }: Following): readonly Manifest[] {
  return wiring(
    (scope) =>
      new ArgocdDelivery(scope, 'shop', {
        name: 'shop',
        namespace,
        url: DELIVERY_URL,
        branch,
        ...(cells === undefined ? {} : { cells }),
      }),
  );
}

function patch(kind: string, namespace: string, change: object): void {
  const merge = ['--type=merge', '-p', JSON.stringify(change)];
  kubectl('patch', kind, 'shop-workloads', '-n', namespace, ...merge);
}

function folder(...names: readonly string[]): string {
  const path = join(STATE, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}
