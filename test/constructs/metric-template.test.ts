import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import {
  MetricCheck,
  MetricServer,
  MetricTemplate,
  PropertyError,
} from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { TEMPLATE_PROVIDERS } from '../../engine/adapters/metrics/registry.ts';

const address = 'https://metrics.example/path';
const secretName = 'keys';
const SERVERS: readonly MetricServer[] = [
  MetricServer.prometheus({ address, secretName, headers: { 'X-Scope-OrgID': 't1', a: ['b'] } }),
  MetricServer.datadog({ secretName }),
  MetricServer.newRelic({ secretName, address }),
  MetricServer.graphite({ address }),
  MetricServer.influxdb({ address, secretName, insecureSkipVerify: true }),
  MetricServer.dynatrace({ address, secretName }),
  MetricServer.cloudwatch({ region: 'eu-west-1' }),
  MetricServer.stackdriver({ secretName }),
  MetricServer.splunk({ address: 'wss://stream.us1.signalfx.com', secretName }),
  MetricServer.externalMetrics({ address, secretName }),
];

const synth = (server: MetricServer, query = 'q{app="{{ target }}"}') =>
  synthManifests((chart) => {
    new MetricTemplate(chart, 'errors', { metadata: { name: 'errors' }, server, query });
  });

describe('a MetricTemplate', () => {
  it('writes server and query', () => {
    const [server] = SERVERS;
    expect(server === undefined ? [] : synth(server)).toEqual([
      {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'MetricTemplate',
        metadata: { name: 'errors' },
        spec: {
          provider: {
            type: 'prometheus',
            address,
            headers: { 'X-Scope-OrgID': ['t1'], a: ['b'] },
            secretRef: { name: 'keys' },
          },
          query: 'q{app="{{ target }}"}',
        },
      },
    ]);
  });

  it('is understood by the engine, whatever server it names', () => {
    const files = SERVERS.map((server, index) => ({
      path: `${index}.yaml`,
      text: stringify(synth(server)[0]).replace('name: errors', `name: errors-${index}`),
    }));
    expect(loadSource(files, { established: new Set() }).problems).toEqual([]);
    const types = SERVERS.map((server) => server._toKube().type);
    expect(types.toSorted()).toEqual(Object.keys(TEMPLATE_PROVIDERS).toSorted());
  });

  it('is named by the checks that ask it', () => {
    let kube: unknown;
    synthManifests((chart) => {
      const [server = MetricServer.graphite({ address })] = SERVERS;
      const metadata = { name: 'errors', namespace: 'monitoring' };
      const template = new MetricTemplate(chart, 'errors', { metadata, server, query: 'q' });
      kube = MetricCheck.template({ template, max: 1 })._toKube();
    });
    expect(kube).toMatchObject({
      name: 'errors',
      templateRef: { name: 'errors', namespace: 'monitoring' },
    });
  });

  it.each([
    ['an address that is none', () => MetricServer.graphite({ address: 'g:80' }), /^address is "g/],
    ['no region', () => MetricServer.cloudwatch({ region: '' }), /^region is ""/],
    ['no Secret', () => MetricServer.datadog({ secretName: ' ' }), /^secretName is " "/],
    ['no query', () => synth(MetricServer.graphite({ address }), ''), /^query is ""/],
  ])('with %s is refused', (_, make, message) => {
    expect(make).toThrow(PropertyError);
    expect(make).toThrow(message);
  });
});
