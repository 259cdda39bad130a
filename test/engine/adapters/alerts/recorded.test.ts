import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AlertService } from '../../../../constructs/canary-spec.ts';
import { HttpNotifier } from '../../../../engine/adapters/alerts/http-notifier.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { startHttpStub } from '../../../support/http-stub.ts';
import { anAlert } from './alerts.ts';

/** Goal: what a service gets is what a real Flagger sent it. Method: its own recording. */
const TRACE = join(import.meta.dirname, '../../../conformance/traces/alerts-pass.json');

const Recording = z.object({
  timeline: z.array(
    z.object({
      kind: z.string(),
      name: z.string().default(''),
      what: z.object({ payload: z.record(z.string(), z.unknown()) }).or(z.unknown()),
    }),
  ),
});

const Payload = z.object({ payload: z.record(z.string(), z.unknown()) });

const SERVICES: Readonly<Record<string, AlertService>> = {
  'a-info': 'slack',
  'a-warn': 'msteams',
  'a-gchat': 'gchat',
};

const recorded = Recording.parse(JSON.parse(readFileSync(TRACE, 'utf8')))
  .timeline.filter(({ kind }) => kind === 'Alert')
  .map(({ name, what }) => ({ name, payload: Payload.parse(what).payload }));

/** The fields of an alert with them, as the recorded canary has them. */
const FIELDS = [
  { name: 'Target', value: 'Deployment/podinfo.alerts-pass' },
  { name: 'Failed checks threshold', value: '5' },
  { name: 'Progress deadline', value: '600s' },
  { name: 'Traffic routing', value: 'Weight step: 25 max: 50' },
];

const MESSAGES = [
  'New Deployment detected, initialization completed.',
  'New revision detected, progressing canary analysis.',
  'Canary traffic increase is waiting for approval.',
  'Canary analysis completed successfully, promotion finished.',
];

it('the recording holds an alert for each service and message that is compared', () => {
  expect(new Set(recorded.map(({ name }) => name))).toEqual(new Set(Object.keys(SERVICES)));
  const text = JSON.stringify(recorded);
  for (const message of MESSAGES) expect(text).toContain(message);
});

it.each(recorded)('$name is told what Flagger told it: $payload', async ({ name, payload }) => {
  const stub = await startHttpStub(() => ({ body: 'ok' }));
  const text = JSON.stringify(payload);
  const message = MESSAGES.find((known) => text.includes(known)) ?? '';
  const fields = text.includes('Deployment/podinfo') ? FIELDS : [];
  const alert = anAlert({ namespace: 'alerts-pass', message, fields });
  const service = SERVICES[name] ?? 'webhook';
  const receiver = { service, channel: 'ch', username: 'bot' };
  const notifier = new HttpNotifier({ clock: new FakeClock(), random: { next: () => 0 } });
  await notifier.send(alert, receiver, { address: stub.url });
  const { thread: _, ...sent } = JSON.parse(stub.requests[0]?.body ?? '{}') as object & {
    thread?: unknown;
  };
  expect(sent).toEqual(payload);
});
