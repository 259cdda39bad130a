import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../engine/adapters/clock/system-clock.ts';
import { createPlaygroundCluster } from '../../../engine/adapters/cluster/playground-cluster.ts';
import type { DeploymentStatus } from '../../../engine/core/observation.ts';
import { startPlayground, type Playground } from '../../../engine/playground/playground.ts';
import { createDice } from '../../simulation/random.ts';
import { aDeploymentFile, type DeploymentFile } from '../../support/manifests.ts';

/** A delivery branch in memory that a test writes to. */
class Branch {
  #files = new Map<string, string>();
  #commit = 0;

  set(files: Readonly<Record<string, string | undefined>>): void {
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) this.#files.delete(path);
      else this.#files.set(path, text);
    }
    this.#commit += 1;
  }

  get head(): string {
    return String(this.#commit).padStart(40, '0');
  }

  tip(): Promise<string | undefined> {
    return Promise.resolve(this.#commit === 0 ? undefined : this.head);
  }

  files(_: string, folder: string): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(
      new Map([...this.#files].filter(([path]) => path.startsWith(`${folder}/`))),
    );
  }
}

const branch = new Branch();
let playground: Playground;
let cluster: ReturnType<typeof createPlaygroundCluster>;

beforeAll(async () => {
  playground = await startPlayground({
    tree: branch,
    clock: createSystemClock(),
    random: createDice(7),
    pollMs: 50,
    speed: 20,
  });
  cluster = createPlaygroundCluster(playground.address);
});

afterAll(() => playground.stop());

const deployment = (track: 'primary' | 'canary', differing: DeploymentFile = {}) =>
  aDeploymentFile({ name: `reviews-${track}`, ...differing });

function service(name: string, app: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: default}\nspec: {selector: {app: ${app}}}\n`;
}

function route(primary: number, canary: number): string {
  const destination = (track: string, weight: number) =>
    `{destination: {host: reviews-${track}}, weight: ${weight}}`;
  return (
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: reviews, namespace: default}\n' +
    `spec: {http: [{route: [${destination('primary', primary)}, ${destination('canary', canary)}]}]}\n`
  );
}

const TRAFFIC = {
  'traffic/a.yaml': service('reviews', 'reviews-primary'),
  'traffic/p.yaml': service('reviews-primary', 'reviews-primary'),
  'traffic/c.yaml': service('reviews-canary', 'reviews-canary'),
};

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it did not come to pass');
}

async function statusOf(name: string): Promise<DeploymentStatus | undefined> {
  const observed = await cluster.workloads.deployment('default', name);
  return observed.state === 'found' ? observed.status : undefined;
}

async function isReady(name: string): Promise<boolean> {
  const status = await statusOf(name);
  return (
    status !== undefined &&
    status.availableReplicas === status.desiredReplicas &&
    status.updatedReplicas === status.desiredReplicas &&
    status.replicas === status.desiredReplicas
  );
}

async function synced(): Promise<void> {
  await cluster.sync.poke();
  await until(async () => {
    const sync = await cluster.sync.synced();
    return sync.state === 'synced' && sync.revision === branch.head;
  });
}

/** A request as a client in the cluster makes it: by the Host header. */
function get(host: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(playground.address, { path: '/x', headers: { host } }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += String(chunk)));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

describe('the playground', () => {
  it('knows no synced revision while the branch is empty', async () => {
    expect(await cluster.sync.synced()).toMatchObject({ state: 'unknown' });
  });

  it('runs each replica as a process, ready once its server listens', async () => {
    branch.set({
      'workloads/p.yaml': deployment('primary', { version: 'v1', replicas: 2 }),
      'workloads/c.yaml': deployment('canary', { version: 'v2' }),
      ...TRAFFIC,
      'traffic/vs.yaml': route(70, 30),
    });
    await synced();
    await until(() => isReady('reviews-primary'));
    await until(() => isReady('reviews-canary'));
    expect(await statusOf('reviews-primary')).toMatchObject({ desiredReplicas: 2, generation: 1 });
    expect(await cluster.workloads.deployment('default', 'other')).toEqual({ state: 'missing' });
  });

  it('splits live requests by the weights that it pulled', async () => {
    expect(await cluster.traffic.routing('default', 'reviews')).toMatchObject({
      state: 'found',
      weights: { primary: 70, canary: 30 },
    });
    let canary = 0;
    for (let count = 0; count < 1_000; count += 1) {
      const { body } = await get('reviews.default:9080');
      if (body.includes('"v2"')) canary += 1;
    }
    // Binomial with p = 0.3: a standard deviation is 14.5 requests.
    expect(Math.abs(canary - 300)).toBeLessThan(4 * 14.5);
  });

  it.each([
    'reviews-canary',
    'reviews-canary.default',
    'reviews-canary.default.svc.cluster.local:9080',
  ])('reaches one track by its own Service, named %s', async (host) => {
    expect(await get(host)).toMatchObject({ status: 200, body: expect.stringContaining('"v2"') });
  });

  it('replaces the pods of a new template without a failed request', async () => {
    branch.set({ 'workloads/p.yaml': deployment('primary', { version: 'v3', replicas: 2 }) });
    let done = false;
    const statuses: number[] = [];
    const users = (async () => {
      while (!done) statuses.push((await get('reviews-primary')).status);
    })();
    await synced();
    await until(async () => (await statusOf('reviews-primary'))?.generation === 2);
    await until(() => isReady('reviews-primary'));
    done = true;
    await users;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await get('reviews-primary')).body).toContain('"v3"');
  });

  it('counts requests as Istio does, errors by their code', async () => {
    branch.set({ 'workloads/c.yaml': deployment('canary', { env: { ERROR_RATE: '0.5' } }) });
    await synced();
    await until(async () => (await statusOf('reviews-canary'))?.generation === 2);
    await until(() => isReady('reviews-canary'));
    const statuses = [];
    for (let count = 0; count < 10; count += 1) statuses.push((await get('reviews-canary')).status);
    expect(statuses.filter((status) => status === 500)).toHaveLength(5);
    const text = await (await fetch(cluster.metricsAddress)).text();
    expect(text).toMatch(
      /istio_requests_total\{reporter="destination",destination_workload="reviews-canary",destination_workload_namespace="default",[^}]*response_code="500"\} 5\b/,
    );
    expect(text).toContain('istio_request_duration_milliseconds_bucket');
  });

  it('answers 503 for a track without a ready pod, and counts it', async () => {
    branch.set({ 'workloads/c.yaml': deployment('canary', { replicas: 0 }) });
    await synced();
    await until(async () => (await statusOf('reviews-canary'))?.replicas === 0);
    expect(await get('reviews-canary')).toMatchObject({ status: 503 });
    const text = await (await fetch(cluster.metricsAddress)).text();
    expect(text).toMatch(
      /reporter="source",destination_workload="unknown"[^}]*response_code="503"/,
    );
  });

  it('shows a pod that crashes as never ready', async () => {
    branch.set({ 'workloads/c.yaml': deployment('canary', { env: { CRASH: 'true' } }) });
    await synced();
    await until(async () => (await statusOf('reviews-canary'))?.unavailableSinceMs !== undefined);
    expect(await statusOf('reviews-canary')).toMatchObject({ availableReplicas: 0 });
  });

  it('keeps what it has when a file is broken, says so, and still takes the other tree', async () => {
    branch.set({ 'workloads/broken.yaml': 'a: [', 'traffic/vs.yaml': route(100, 0) });
    await cluster.sync.poke();
    await until(async () => (await cluster.sync.synced()).state === 'unknown');
    expect(await cluster.sync.synced()).toMatchObject({
      why: expect.stringContaining('broken.yaml'),
    });
    expect(await cluster.traffic.routing('default', 'reviews')).toMatchObject({
      weights: { primary: 100, canary: 0 },
    });
    expect(await isReady('reviews-primary')).toBe(true);
    branch.set({ 'workloads/broken.yaml': undefined });
    await synced();
  });

  it('sends the load that Flagger’s webhook asks for', async () => {
    const url = cluster.resolveServiceUrl(new URL('http://flagger-loadtester.default/'));
    const cmd = 'hey -z 20s -q 5 -c 2 http://reviews-primary.default:9080/health';
    const body = JSON.stringify({ name: 'reviews', namespace: 'default', metadata: { cmd } });
    const before = await requestsTo('reviews-primary');
    expect((await fetch(url, { method: 'POST', body })).status).toBe(202);
    await until(async () => (await requestsTo('reviews-primary')) >= before + 100);
  });

  it.each([
    ['no metadata', '{"name":"x"}'],
    ['no JSON', 'x'],
    ['another program', '{"metadata":{"cmd":"rm -rf /"}}'],
    ['another task type', '{"metadata":{"type":"bash","cmd":"true"}}'],
  ])('refuses a load with %s', async (_, body) => {
    const url = cluster.resolveServiceUrl(new URL('http://flagger-loadtester.default/'));
    expect((await fetch(url, { method: 'POST', body })).status).toBe(400);
  });

  it('that does not answer is unknown, not gone', async () => {
    const gone = createPlaygroundCluster('http://127.0.0.1:1');
    expect(await gone.workloads.deployment('a', 'b')).toMatchObject({ state: 'unknown' });
    expect(await gone.sync.synced()).toMatchObject({ state: 'unknown' });
    expect(await gone.traffic.routing('a', 'b')).toMatchObject({ state: 'unknown' });
  });

  it('leaves no process behind when it stops', async () => {
    const own = await startPlayground({
      tree: branch,
      clock: createSystemClock(),
      random: createDice(1),
      pollMs: 50,
    });
    let pids: readonly number[] = [];
    await until(async () => {
      const state = (await (await fetch(`${own.address}/api/state`)).json()) as {
        deployments: Record<string, { pids: number[] }>;
      };
      pids = Object.values(state.deployments).flatMap((each) => each.pids);
      return pids.length >= 2;
    });
    await own.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

async function requestsTo(workload: string): Promise<number> {
  const text = await (await fetch(cluster.metricsAddress)).text();
  const lines = text.split('\n').filter((line) => line.startsWith('istio_requests_total{'));
  const own = lines.filter((line) => line.includes(`destination_workload="${workload}"`));
  return own.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}
