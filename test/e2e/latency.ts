/**
 * How long a commit takes to become live (the VirtualService in the API server) and effective (the
 * route table of an Envoy), for one sync agent: committed by the engine, by hand with the agent
 * asked to look, by hand with the agent left to poll, and without Git by a patch of the object. And
 * how long users stay on a bad release: from the failing check until no request goes to it.
 * `npm run e2e -- --latency` runs it for both agents and prints the rows of docs/benchmarks.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, kubectl } from './harness/control-plane.ts';
import { canaryShareInEnvoy } from './harness/envoy.ts';
import { DELIVERY_BRANCH, deliveryFile, git, REPOSITORIES } from './harness/git.ts';
import { quickShop } from './harness/quick-shop.ts';
import { Shop } from './harness/release.ts';
import { establish, Story } from './harness/story.ts';
import { AGENT, STATE } from './harness/surroundings.ts';
import { Users } from './harness/traffic.ts';
import { startWorld } from './harness/world.ts';
import { kubeconfigAccess } from '../../engine/adapters/kubernetes/kubeconfig-access.ts';
import { openKubernetesApi } from '../../engine/adapters/kubernetes/kubernetes-api.ts';

const STEPS = 30;
/** The agents' own interval is 10 s here. */
const POLLED_STEPS = 30;
const BAD_RELEASES = 10;

interface Sample {
  readonly liveMs: number;
  readonly effectiveMs: number;
}

const world = await startWorld((line) => process.stderr.write(`${line}\n`));
const shop = new Shop('latency', {
  edit: (canary) =>
    canary
      .replace('stepWeight: 10', 'stepWeight: 1')
      .replace('maxWeight: 50', `maxWeight: ${STEPS + 2}`),
});
await world.engine.start();
const story = new Story(shop);
await establish(shop, story);
const users = new Users(shop.host, shop.port, 60).start();
const bare = join(REPOSITORIES, 'delivery.git');
const api = openKubernetesApi(kubeconfigAccess({ kubeconfig: ADMIN }));

process.stderr.write(`${AGENT}: by the engine…\n`);
shop.release('v2');
const byEngine: Sample[] = [];
for (let weight = 1; weight <= STEPS; weight += 1) {
  await refersTo(`${shop.subject}: canary weight ${weight} `);
  byEngine.push(await follow(shop, weight, Date.now()));
}
await story.tells(/^finish/, 180_000);
await users.stop();

process.stderr.write(`${AGENT}: bad releases…\n`);
const rolledBack = await badReleases();
await world.engine.stop();

const clone = join(STATE, 'latency-clone');
git(STATE, 'clone', '--quiet', '--branch', DELIVERY_BRANCH, bare, clone);
const route = join(clone, git(clone, 'ls-files', `traffic/${shop.namespace}/*irtual*ervice*`));

process.stderr.write(`${AGENT}: by hand, asked…\n`);
const asked = await byHand(STEPS, 40, () => world.agent.poke(['traffic']));
process.stderr.write(`${AGENT}: by hand, polled…\n`);
const polled = await byHand(POLLED_STEPS, 0, () => Promise.resolve());
process.stderr.write(`${AGENT}: patched…\n`);
await world.agent.stop();
const patched: Sample[] = [];
for (let weight = 1; weight <= STEPS; weight += 1) {
  const split = [100 - weight, weight].map((value, at) => ({
    op: 'replace',
    path: `/spec/http/0/route/${at}/weight`,
    value,
  }));
  const startedMs = Date.now();
  kubectl(
    'patch',
    'virtualservice',
    shop.name,
    '-n',
    shop.namespace,
    '--type=json',
    '-p',
    JSON.stringify(split),
  );
  patched.push(await follow(shop, weight, startedMs));
  await sleep(300);
}
const rows = [
  ...row('the engine', byEngine),
  ...row('the engine: failing check → 0 %', rolledBack),
  ...row('by hand, agent asked to look', asked),
  ...row('by hand, agent polls every 10 s', polled),
  ...row('no Git: a patch with kubectl', patched),
];
process.stdout.write(`${rows.join('\n')}\n`);
process.exit(0);

/** Pushes weights, and follows each one to the proxy. */
async function byHand(count: number, from: number, poke: () => Promise<void>): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let step = 1; step <= count; step += 1) {
    const weight = from + step;
    const text = readFileSync(route, 'utf8');
    const weights = [100 - weight, weight];
    writeFileSync(
      route,
      text.replaceAll(/weight: \d+/g, () => `weight: ${weights.shift()}`),
    );
    git(clone, 'commit', '--quiet', '-am', `weight ${weight}`);
    // Away from the agent's own rhythm, so that polling is met at any phase.
    await sleep(500 + Math.random() * 1_500);
    git(clone, 'push', '--quiet');
    const startedMs = Date.now();
    await poke();
    samples.push(await follow(shop, weight, startedMs));
  }
  return samples;
}

/** Waits until the branch's newest commit says so; the time it is seen is the time of the push. */
async function refersTo(subject: string): Promise<void> {
  const file = join(bare, 'refs/heads', DELIVERY_BRANCH);
  let seen = '';
  for (;;) {
    const now = readFileSync(file, 'utf8');
    if (now !== seen && git(bare, 'log', '-1', '--format=%s', now.trim()).startsWith(subject))
      return;
    seen = now;
    await sleep(5);
  }
}

/** A release that fails every request, again and again: each is rolled back by its first check. */
async function badReleases(): Promise<Sample[]> {
  const bad = quickShop('bad-release', {
    edit: (canary) => canary.replace('threshold: 5', 'threshold: 1'),
  });
  const told = new Story(bad);
  await establish(bad, told);
  const visitors = new Users(bad.host, bad.port, 60).start();
  const samples: Sample[] = [];
  for (let number = 1; number <= BAD_RELEASES; number += 1) {
    bad.release(`bad-${number}`, { ERROR_RATE: '1' });
    await follow(bad, 50, 0);
    const arrived = await follow(bad, 0, 0);
    const evidence = `rollouts/${bad.namespace}/${bad.name}/evidence/${number}-01.json`;
    const { decidedAt } = JSON.parse(deliveryFile(evidence)) as { readonly decidedAt: string };
    const failedMs = Date.parse(decidedAt);
    samples.push({
      liveMs: arrived.liveMs - failedMs,
      effectiveMs: arrived.effectiveMs - failedMs,
    });
    await told.tells(/^clean up/);
    told.turnPage();
  }
  await visitors.stop();
  return samples;
}

/** Waits until a weight has arrived; how long that took since an instant. */
async function follow(of: Shop, weight: number, sinceMs: number): Promise<Sample> {
  let liveMs: number | undefined;
  for (;;) {
    if (liveMs === undefined && (await liveWeight(of)) === weight) liveMs = Date.now() - sinceMs;
    if (liveMs !== undefined && (await canaryShareInEnvoy(of.host)) === weight) {
      return { liveMs, effectiveMs: Date.now() - sinceMs };
    }
    await sleep(10);
  }
}

/** The canary's weight in the API server's VirtualService, over one connection. */
async function liveWeight({ namespace, name }: Shop): Promise<number> {
  const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${name}`;
  const answer = await api.get(path);
  if (answer.kind !== 'found') return -1;
  const object = answer.object as {
    readonly spec: {
      readonly http: readonly { readonly route: readonly { weight?: number }[] }[];
    };
  };
  return object.spec.http[0]?.route[1]?.weight ?? 0;
}

function row(what: string, samples: readonly Sample[]): string[] {
  const line = (until: string, values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share: number) =>
      (
        (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1_000
      ).toFixed(2);
    return `| ${AGENT} | ${what} | ${until} | ${sorted.length} | ${at(0)} | ${at(0.5)} | ${at(0.9)} | ${at(0.99)} |`;
  };
  return [
    line(
      'live',
      samples.map(({ liveMs }) => liveMs),
    ),
    line(
      'effective',
      samples.map(({ effectiveMs }) => effectiveMs),
    ),
  ];
}
