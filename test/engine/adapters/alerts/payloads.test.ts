import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ALERT_SERVICES } from '../../../../constructs/canary-spec.ts';
import { HttpNotifier } from '../../../../engine/adapters/alerts/http-notifier.ts';
import { SERVICE_FORMATS } from '../../../../engine/adapters/alerts/registry.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { expectFolder } from '../../../support/golden.ts';
import { startHttpStub } from '../../../support/http-stub.ts';
import { aReceiver, AN_ERROR, anAlert } from './alerts.ts';

it('knows each service that can be written in the configuration, and no other', () => {
  expect(Object.keys(SERVICE_FORMATS)).toEqual([...ALERT_SERVICES]);
});

it.each(ALERT_SERVICES)('tells %s what Flagger would', async (service) => {
  const stub = await startHttpStub(() => ({ body: 'ok' }));
  const notifier = new HttpNotifier({ clock: new FakeClock(), random: { next: () => 0 } });
  const credentials = { address: `${stub.url}/hook?key=k` };
  const receiver = aReceiver({ service });
  expect(await notifier.send(anAlert(), receiver, credentials)).toEqual({ kind: 'sent' });
  expect(await notifier.send(anAlert(AN_ERROR), receiver, credentials)).toEqual({ kind: 'sent' });
  const [info, error] = stub.requests.map(({ method, path, body }) => {
    const payload: unknown = JSON.parse(body);
    return `${JSON.stringify({ request: `${method} ${path}`, payload }, undefined, 2)}\n`;
  });
  const sent = new Map([
    ['info.json', info ?? ''],
    ['error.json', error ?? ''],
  ]);
  expectFolder(join(import.meta.dirname, 'expected', service), sent);
});
