/**
 * The kubelet of the suite, as a program: for each scheduled pod it starts a real HTTP server on an
 * address of its own and reports the pod ready exactly while that server listens. A server that
 * ends is started again after a pause, as a container would be.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { isBroken } from './broken-pods.ts';
import { ADMIN } from './control-plane.ts';
import { ROOT } from './surroundings.ts';

const POLL_MS = 150;
/**
 * Proxies need a moment to hear that an address is gone: longer than an API server takes that was
 * killed just then, with the controllers that have to find it again.
 */
const GRACE_MS = 20_000;
const RESTART_MS = 2_000;
const SERVER = join(ROOT, 'engine/playground/pod-server.ts');

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
      readonly ports?: readonly { readonly containerPort: number }[];
    }[];
  };
}

class RunningPod {
  readonly #pod: Pod;
  readonly #ip: string;
  #server: ChildProcess | undefined;
  #isReady = false;
  #reported: boolean | undefined;
  #isGone = false;
  #startedMs = 0;

  constructor(pod: Pod, ip: string) {
    this.#pod = pod;
    this.#ip = ip;
    this.#start();
  }

  #start(): void {
    if (this.#isGone || this.isBroken) return;
    const [container] = this.#pod.spec.containers;
    const env = Object.fromEntries(
      (container?.env ?? []).map(({ name, value }) => [name, value ?? '']),
    );
    const port = String(container?.ports?.[0]?.containerPort ?? 8080);
    const server = spawn(process.execPath, [SERVER], {
      env: {
        PATH: process.env['PATH'],
        ...env,
        POD_IP: this.#ip,
        POD_PORT: port,
        POD_NAME: this.#pod.metadata.name,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#server = server;
    this.#startedMs = Date.now();
    server.stdout.on('data', () => (this.#isReady = true));
    server.on('exit', () => (this.#isReady = false));
  }

  #restart(): void {
    const nowMs = Date.now();
    if (nowMs - this.#startedMs < RESTART_MS) return;
    this.#start();
  }

  get isBroken(): boolean {
    return isBroken(this.#pod.metadata.namespace, this.#pod.metadata.name);
  }

  /** Ends the server of a broken pod, and starts that of a mended one. */
  keepUp(): void {
    if (this.isBroken) this.#server?.kill('SIGKILL');
    else if (this.#server?.exitCode !== null || this.#server.signalCode !== null) this.#restart();
  }

  /** Tells the API server what changed; said again with the next poll when it did not listen. */
  async report(): Promise<void> {
    const isReady = this.#isReady;
    if (this.#reported === isReady || this.#isGone) return;
    const { name, namespace } = this.#pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    const { status } = await api('PATCH', path, { status: this.#status(isReady) });
    if (status < 300) this.#reported = isReady;
  }

  #status(isReady: boolean): object {
    const now = new Date().toISOString();
    const condition = (type: string, status: boolean) => ({
      type,
      status: status ? 'True' : 'False',
      lastTransitionTime: now,
    });
    return {
      phase: 'Running',
      startTime: now,
      hostIP: '10.88.0.1',
      podIP: this.#ip,
      podIPs: [{ ip: this.#ip }],
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', isReady),
        condition('Ready', isReady),
      ],
      containerStatuses: this.#pod.spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: isReady,
        started: isReady,
        restartCount: 0,
        state: isReady
          ? { running: { startedAt: now } }
          : { waiting: { reason: 'CrashLoopBackOff' } },
      })),
    };
  }

  end(): void {
    this.#isGone = true;
    setTimeout(() => this.#server?.kill('SIGKILL'), GRACE_MS);
  }
}

const config = new KubeConfig();
config.loadFromFile(ADMIN);
const server = new URL(config.getCurrentCluster()?.server ?? '');
const agent = new Agent({
  keepAlive: true,
  ca: readFileSync(config.getCurrentCluster()?.caFile ?? ''),
});
const token = config.getCurrentUser()?.token ?? '';

function api(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve) => {
    const asked = request(
      new URL(path, server),
      {
        method,
        agent,
        timeout: 5_000,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/strategic-merge-patch+json',
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
        answer.on('error', () => resolve({ status: 599, text: '' }));
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve({ status: 599, text: '' }));
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const pods = new Map<string, RunningPod>();
let next = 0;

function nextAddress(): string {
  next += 1;
  return `10.88.${32 + Math.floor(next / 250)}.${1 + (next % 250)}`;
}

for (;;) {
  const { status, text } = await api('GET', '/api/v1/pods');
  if (status === 200) {
    const { items } = JSON.parse(text) as { readonly items: readonly Pod[] };
    const wanted = new Set<string>();
    for (const pod of items) {
      const { uid, deletionTimestamp } = pod.metadata;
      if (pod.spec.nodeName === undefined || deletionTimestamp !== undefined) continue;
      wanted.add(uid);
      if (!pods.has(uid)) pods.set(uid, new RunningPod(pod, nextAddress()));
    }
    for (const [uid, pod] of pods) {
      if (wanted.has(uid)) continue;
      pod.end();
      pods.delete(uid);
    }
    for (const pod of pods.values()) pod.keepUp();
    await Promise.all([...pods.values()].map((pod) => pod.report()));
  }
  await sleep(POLL_MS);
}
