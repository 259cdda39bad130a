import { expect, it } from 'vitest';
import { startHttpStub } from '../support/http-stub.ts';
import { type Running, startRun, until } from './running-engine.ts';

/**
 * Goal: people, programs and probes are told by a real engine. Method: a process with receivers on
 * loopback, until its canary is initialized.
 */
const SECRET = 'services-T0-B0-secret';

async function startTellingRun() {
  const alerts = await startHttpStub((_, index) =>
    index === 0 ? { status: 503 } : { body: 'ok' },
  );
  const events = await startHttpStub(() => ({ status: 500, body: `no ${SECRET}` }));
  const run = startRun({
    config: [
      'notifications:',
      '  clusterName: here',
      `  alerts: [{ type: msteams, address: "${alerts.url}/${SECRET}" }]`,
      `  eventWebhook: "${events.url}/${SECRET}"`,
    ],
    args: ['--serve', '127.0.0.1:0'],
  });
  return { run, alerts, events };
}

/** What the listener answers, once the log says where it listens. */
async function ask(run: Running, path: string) {
  const address = /"message":"serving metrics and probes","address":"([^"]+)"/.exec(run.log())?.[1];
  if (address === undefined) return { status: 0, text: '' };
  const response = await fetch(`http://${address}${path}`);
  return { status: response.status, text: await response.text() };
}

/** The phases of what was decided; how often pods are waited for is the machine's business. */
function phasesOf({ requests }: Awaited<ReturnType<typeof startHttpStub>>): readonly string[] {
  return requests
    .map(({ body }) => JSON.parse(body) as { phase: string; metadata: { eventType: string } })
    .filter(({ metadata }) => metadata.eventType === 'Normal')
    .map(({ phase }) => phase);
}

it('tells of a new canary, counts it, is ready, and writes no address into its log', async () => {
  const { run, alerts, events } = await startTellingRun();
  await until('ready', async () => (await ask(run, '/readyz')).status === 200);
  await until(
    'told',
    () => alerts.requests.length === 2 && phasesOf(events).includes('Initialized'),
  );
  expect(JSON.parse(alerts.requests[1]?.body ?? '')).toMatchObject({
    summary: 'reviews.default',
    sections: [
      {
        activityTitle: 'New Deployment detected, initialization completed.',
        facts: [{ name: 'Cluster', value: 'here' }, {}, {}, {}, {}],
      },
    ],
  });
  expect(phasesOf(events)).toEqual(['Initializing', 'Initializing', 'Initialized']);
  const { text } = await ask(run, '/metrics');
  expect(text).toMatch(/^flagger_info\{version="\d[^"]*",mesh_provider="istio"\} 1$/m);
  expect(text).toContain('flagger_canary_total{namespace="default"} 1');
  expect(text).toContain(
    'flagger_canary_weight{workload="reviews-primary",namespace="default"} 100',
  );
  expect(text).toContain('serin_commits_total{decision="initialized"} 1');
  expect(text).toMatch(/^process_cpu_seconds_total /m);
  expect(run.log()).toContain('"kind":"event","to":"serin.yaml","why":"HTTP 500"');
  expect(run.log()).not.toContain(SECRET);
});

it('a single pass tells before it ends', async () => {
  const events = await startHttpStub(() => ({ body: 'ok' }));
  const run = startRun({
    command: 'step',
    config: ['notifications:', `  eventWebhook: "${events.url}"`],
  });
  await until('ended', () => run.child.exitCode !== null);
  expect(run.child.exitCode).toBe(0);
  expect(events.requests).toHaveLength(1);
});

it('refuses an address to listen on that is none', async () => {
  const run = startRun({ args: ['--serve', '8080'] });
  await until('refused', () => run.child.exitCode !== null);
  expect(run.child.exitCode).toBe(2);
  expect(run.log()).toContain('invalid-argument: --serve is "8080"');
});
