import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPlaygroundCluster } from '../../engine/adapters/cluster/playground-cluster.ts';
import { createFolderSourceReader } from '../../engine/adapters/source/folder-source-reader.ts';
import type { EnginePorts } from '../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../engine/controller/memory.ts';
import { runPass } from '../../engine/controller/pass.ts';
import { createSourceInterpreter } from '../../engine/controller/source-interpreter.ts';
import { type Playground, startPlayground } from '../../engine/playground/playground.ts';
import { get, LeapingClock, until } from '../engine/playground/world.ts';
import { recordAt } from '../simulation/invariants.ts';
import { createDice } from '../simulation/random.ts';
import { SimulatedRepository } from '../simulation/simulated-repository.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';
import { serin } from '../support/serin.ts';

/**
 * Goal: whoever is served notices neither that a canary comes nor that it goes. Method: real pods
 * behind a real proxy under constant load, a Canary that is added in place of the Service, and
 * `serin eject`; every single answer counts.
 */
const clock = new LeapingClock();
const repository = new SimulatedRepository(createDice(1), () => clock.nowMs());
repository.faults = false;
const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
const source = join(folder, 'source');
let playground: Playground;

beforeAll(async () => {
  mkdirSync(source);
  playground = await startPlayground({
    tree: {
      tip: () => Promise.resolve(repository.tip?.id),
      files: (commit, below) =>
        Promise.resolve(
          new Map(
            [...(repository.find(commit)?.files ?? [])].filter(([path]) =>
              path.startsWith(`${below}/`),
            ),
          ),
        ),
    },
    clock,
    random: createDice(2),
    pollMs: 50,
  });
});

afterAll(async () => {
  await playground.stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(source, name), text);
}

function ports(): EnginePorts {
  const cluster = createPlaygroundCluster(playground.address);
  const silent = { info() {}, warn() {}, error() {} };
  return {
    source: createFolderSourceReader(source),
    interpret: createSourceInterpreter(),
    delivery: repository,
    workloads: cluster.workloads,
    sync: cluster.sync,
    traffic: cluster.traffic,
    metrics: {
      measure: () => Promise.resolve({ kind: 'value', value: 100, samples: 1_000 }),
      requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
    },
    webhooks: { call: () => Promise.resolve({ kind: 'ok', status: 200 }) },
    clock,
    random: createDice(3),
    logger: silent,
  };
}

/** Passes, a few seconds apart, until something is so. */
async function passUntil(isSo: () => boolean): Promise<void> {
  const engine = ports();
  const memory = new EngineMemory();
  await until(async () => {
    await runPass(engine, memory);
    clock.leap(3_000);
    return isSo();
  });
}

const phase = () => recordAt(repository.tip, 'default/reviews')?.phase;
const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec:
  selector: {app: reviews}
  ports: [{port: 9080, targetPort: 9080}]
`;

it('a service under constant load is adopted and let go without a failed request', async () => {
  write('deployment.yaml', aDeploymentFile({ replicas: 2 }));
  write('service.yaml', SERVICE);
  await passUntil(() => repository.tip !== undefined);
  const ask = () => get(playground.address, 'reviews', '/x');
  await until(async () => (await ask()).status === 200);

  let isOver = false;
  const answers: number[] = [];
  const user = async () => {
    while (!isOver) answers.push((await ask()).status);
  };
  const users = Promise.all(Array.from({ length: 4 }, user));

  write('canary.yaml', aCanaryFile({ interval: '10s' }));
  rmSync(join(source, 'service.yaml'));
  await passUntil(() => phase() === 'Initialized');

  write('deployment.yaml', aDeploymentFile({ replicas: 2, version: 'v2' }));
  await passUntil(() => phase() === 'Succeeded');

  const ejected = await serin(folder, 'eject', 'default/reviews', 'source');
  expect(ejected).toMatchObject({ code: 0, out: expect.stringContaining('wrote service-reviews') });
  await passUntil(() => phase() === undefined);
  const before = answers.length;
  await until(() => answers.length > before + 100);
  isOver = true;
  await users;

  expect(answers.filter((status) => status !== 200)).toEqual([]);
  expect((await ask()).body).toContain('"v2"');
  expect([...(repository.tip?.files.keys() ?? [])].toSorted()).toEqual([
    'traffic/default/_other/service-reviews.yaml',
    'workloads/default/_other/deployment-reviews.yaml',
  ]);
  const decisions = repository.commits.map(({ message }) => /^Decision: (.*)$/m.exec(message)?.[1]);
  expect(decisions.slice(-4)).toEqual(['terminate', 'move-to-target', 'drop-routes', 'terminated']);
}, 120_000);
