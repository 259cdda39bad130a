import { expect, it } from 'vitest';
import type { MetricCheck } from '../../../constructs/canary-spec.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { measureMetrics } from '../../../engine/controller/measure.ts';
import type { MetricsSource } from '../../../engine/ports/metrics-source.ts';
import type { SecretReader } from '../../../engine/ports/secret-reader.ts';
import { aSpec, MINUTE_MS, T0_MS } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const template: MetricCheck = {
  kind: 'template',
  name: 'latency',
  query: 'q',
  intervalMs: MINUTE_MS,
  range: {},
  template: { namespace: 'monitoring', name: 'tpl' },
  provider: {
    type: 'datadog',
    headers: {},
    secret: { namespace: 'monitoring', name: 'keys' },
    insecureSkipVerify: false,
  },
};

function measure(secrets: SecretReader, metricsServer?: string) {
  const asked: Parameters<MetricsSource['measure']>[] = [];
  const metrics: Pick<MetricsSource, 'measure'> = {
    measure(...question) {
      asked.push(question);
      return Promise.resolve({ kind: 'value', value: 1 });
    },
  };
  const ports = { metrics, clock: new FakeClock(T0_MS) } as unknown as EnginePorts;
  const [builtin] = aSpec().analysis.metrics;
  const metricChecks = builtin === undefined ? [] : [builtin, template];
  const rest = metricsServer === undefined ? {} : { metricsServer };
  const spec = aSpec({ metrics: metricChecks }, rest);
  return measureMetrics(ports, secrets, spec).then((measured) => ({ measured, asked }));
}

it('A template’s credentials go to its own query and to no other', async () => {
  const read: string[] = [];
  const { asked } = await measure({
    read(namespace, name) {
      read.push(`${namespace}/${name}`);
      return Promise.resolve({ kind: 'read', values: { token: 't' } });
    },
  });
  expect(read).toEqual(['monitoring/keys']);
  expect(asked.map(([, { name }, nowMs, credentials]) => [name, nowMs, credentials])).toEqual([
    ['request-success-rate', T0_MS, {}],
    ['latency', T0_MS, { token: 't' }],
  ]);
});

it('A template whose Secret cannot be read is an error, and nobody is asked', async () => {
  const { measured, asked } = await measure({
    read: () => Promise.resolve({ kind: 'unread', why: 'forbidden' }),
  });
  expect(asked.map(([, { name }]) => name)).toEqual(['request-success-rate']);
  expect(measured.map(({ measurement }) => measurement)).toEqual([
    { kind: 'value', value: 1 },
    { kind: 'error', why: 'Metric template tpl.monitoring secret keys error: forbidden' },
  ]);
});

it('Who is asked about the canary is told all that tells it apart', async () => {
  const secrets: SecretReader = {
    read: () => Promise.resolve({ kind: 'unread', why: 'forbidden' }),
  };
  const subject = {
    namespace: 'default',
    workload: 'reviews',
    kind: 'Deployment',
    provider: 'istio',
  };
  expect((await measure(secrets)).asked[0]?.[0]).toEqual(subject);
  const metricsServer = 'http://prometheus:9090';
  expect((await measure(secrets, metricsServer)).asked[0]?.[0]).toEqual({
    ...subject,
    metricsServer,
  });
});
