import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Component } from './component.ts';
import { binary, NODE_IP, ROOT, STATE } from './surroundings.ts';

const PORT = '6443';
const SERVER = `https://${NODE_IP}:${PORT}`;
const CERTIFICATE = join(STATE, 'certs', 'apiserver.crt');
export const ADMIN = join(STATE, 'admin.kubeconfig');
/** The engine's rights for its commands, which people run outside of its pod. */
export const ENGINE = join(STATE, 'engine.kubeconfig');
/** As admin, in the namespace Argo CD looks for its settings in. */
export const ARGO = join(STATE, 'argocd.kubeconfig');

/** The engine's service account: what its Role gives is all it may do. */
export const ENGINE_USER = 'system:serviceaccount:serin-system:serin';
const ENGINE_TOKEN = 'engine-token';

/** Where the kubelet puts it in each pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the environment of each container says. */
export const IN_A_POD = { KUBERNETES_SERVICE_HOST: NODE_IP, KUBERNETES_SERVICE_PORT: PORT };

export interface ControlPlane {
  readonly etcd: Component;
  readonly apiServer: Component;
  /** Everything that follows the API server. */
  readonly controllers: readonly Component[];
}

/** Arguments that one kind of cluster needs and others do not; they go behind the suite's own. */
export interface ControlPlaneArgs {
  readonly apiServer?: readonly string[];
  readonly controllerManager?: readonly string[];
  readonly scheduler?: readonly string[];
  readonly kwok?: readonly string[];
}

/** etcd, the API server with TLS and RBAC, the controllers, the scheduler, and kwok as kubelet. */
export async function startControlPlane(more: ControlPlaneArgs = {}): Promise<ControlPlane> {
  writeCredentials();
  const plane = {
    etcd: new Component(etcdOptions()),
    apiServer: new Component(apiServerOptions(more.apiServer)),
    controllers: [
      controllerManager(more.controllerManager),
      scheduler(more.scheduler),
      kwok(more.kwok),
    ],
  };
  await startParts(plane);
  return plane;
}

async function startParts({ etcd, apiServer, controllers }: ControlPlane): Promise<void> {
  await etcd.start();
  await apiServer.start();
  writeKubeconfigs();
  mountServiceAccount();
  kubectl('apply', '--server-side', '-f', join(ROOT, 'test/e2e/crds'));
  kubectl('apply', '--server-side', '-f', join(ROOT, 'imports/crds/flagger.yaml'));
  kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  await Promise.all(controllers.map((component) => component.start()));
  kubectl('apply', '--server-side', '-f', join(ROOT, 'test/e2e/harness/node.yaml'));
}

/** Loses everything the cluster knew, and starts an empty one at the same address. */
export async function replaceControlPlane(plane: ControlPlane): Promise<void> {
  const { etcd, apiServer, controllers } = plane;
  await Promise.all([...controllers, apiServer, etcd].map((component) => component.kill()));
  rmSync(join(STATE, 'etcd'), { recursive: true });
  await startParts(plane);
}

export function kubectl(...args: readonly string[]): string {
  return execFileSync(binary('kubectl'), ['--kubeconfig', ADMIN, ...args], {
    encoding: 'utf8',
    env: { HOME: STATE, PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Applies objects, and creates what is missing. */
export function apply(...objects: readonly object[]): void {
  execFileSync(binary('kubectl'), APPLY, {
    input: listOf(objects),
    env: { HOME: STATE, PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/**
 * Everything but the last step of `apply`: the API server says whether it would take the objects. Others
 * go on meanwhile.
 */
export function dryRun(...objects: readonly object[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const env = { HOME: STATE, PATH: process.env['PATH'] };
  const child = execFile(
    binary('kubectl'),
    [...APPLY, '--dry-run=server'],
    { env },
    (error, _, stderr) => (error === null ? resolve() : reject(new Error(stderr))),
  );
  child.stdin?.end(listOf(objects));
  return promise;
}

const APPLY = ['--kubeconfig', ADMIN, 'apply', '--server-side', '--force-conflicts', '-f', '-'];

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** One object as the API server has it; undefined when there is none. */
export function read(kind: string, name: string, namespace: string): unknown {
  const text = kubectl('get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'json');
  return text === '' ? undefined : JSON.parse(text);
}

function writeCredentials(): void {
  mkdirSync(join(STATE, 'certs'), { recursive: true });
  const key = join(STATE, 'sa.key');
  execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', key, '-pubout', '-out', join(STATE, 'sa.pub')], {
    stdio: 'ignore',
  });
  const tokens = ['admin-token,admin,1,"system:masters"', `${ENGINE_TOKEN},${ENGINE_USER},2`];
  writeFileSync(join(STATE, 'tokens.csv'), `${tokens.join('\n')}\n`);
}

/** What the kubelet does for the pod of an engine. */
function mountServiceAccount(): void {
  writeFileSync(join(SERVICE_ACCOUNT, 'token'), ENGINE_TOKEN);
  copyFileSync(CERTIFICATE, join(SERVICE_ACCOUNT, 'ca.crt'));
}

function writeKubeconfigs(): void {
  writeKubeconfig(ADMIN, 'admin-token', 'default');
  writeKubeconfig(ENGINE, ENGINE_TOKEN, 'default');
  writeKubeconfig(ARGO, 'admin-token', 'argocd');
}

function writeKubeconfig(path: string, token: string, namespace: string): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'e2e',
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e', namespace } }],
    clusters: [
      {
        name: 'e2e',
        cluster: {
          server: SERVER,
          'certificate-authority': CERTIFICATE,
        },
      },
    ],
    users: [{ name: 'e2e', user: { token } }],
  };
  writeFileSync(path, stringify(config), { mode: 0o600 });
}

function etcdOptions() {
  const client = 'http://127.0.0.1:2379';
  const peer = 'http://127.0.0.1:2380';
  return {
    name: 'etcd',
    command: binary('etcd'),
    args: [
      '--data-dir',
      join(STATE, 'etcd'),
      '--unsafe-no-fsync',
      '--listen-client-urls',
      client,
      '--advertise-client-urls',
      client,
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
    ],
    readyUrl: `${client}/health`,
  };
}

function apiServerOptions(more: readonly string[] = []) {
  return {
    name: 'kube-apiserver',
    command: binary('kube-apiserver'),
    args: [
      '--etcd-servers=http://127.0.0.1:2379',
      `--bind-address=${NODE_IP}`,
      `--secure-port=${PORT}`,
      `--advertise-address=${NODE_IP}`,
      `--cert-dir=${join(STATE, 'certs')}`,
      `--token-auth-file=${join(STATE, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      // Anonymous probes are how readiness is asked for; RBAC gives them nothing else.
      '--anonymous-auth=true',
      `--service-account-key-file=${join(STATE, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(STATE, 'sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      ...more,
    ],
    readyUrl: `${SERVER}/readyz`,
  };
}

function controllerManager(more: readonly string[] = []): Component {
  return new Component({
    name: 'kube-controller-manager',
    command: binary('kube-controller-manager'),
    args: [
      ...asController(10257),
      `--service-account-private-key-file=${join(STATE, 'sa.key')}`,
      '--use-service-account-credentials=false',
      '--controllers=*,-cloud-node-lifecycle-controller,-node-ipam-controller,-node-route-controller,-service-lb-controller',
      ...more,
    ],
    readyUrl: 'https://127.0.0.1:10257/healthz',
  });
}

function scheduler(more: readonly string[] = []): Component {
  return new Component({
    name: 'kube-scheduler',
    command: binary('kube-scheduler'),
    args: [...asController(10259), ...more],
    readyUrl: 'https://127.0.0.1:10259/healthz',
  });
}

function asController(port: number): string[] {
  return [
    ...['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
      (flag) => `--${flag}=${ADMIN}`,
    ),
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--leader-elect=false',
  ];
}

function kwok(more: readonly string[] = []): Component {
  return new Component({
    name: 'kwok',
    command: binary('kwok'),
    args: [
      `--kubeconfig=${ADMIN}`,
      '--manage-all-nodes=false',
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      `--config=${join(ROOT, 'test/e2e/harness/kwok-stages.yaml')}`,
      '--cidr=10.88.16.0/20',
      `--node-ip=${NODE_IP}`,
      '--node-lease-duration-seconds=0',
      '--server-address=127.0.0.1:10247',
      ...more,
    ],
  });
}
