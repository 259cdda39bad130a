import { describe, expect, it } from 'vitest';
import { loadSource } from '../../../engine/config/load-source.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

/** A source whose canary has one alert, and the AlertProvider that it names. */
function load(provider: string, alert = '{ name: chat, providerRef: { name: chat } }') {
  const canary = aCanaryFile().replace('  analysis:\n', `  analysis:\n    alerts: [${alert}]\n`);
  const files = [
    { path: 'canary.yaml', text: canary },
    { path: 'deployment.yaml', text: aDeploymentFile() },
    { path: 'provider.yaml', text: provider },
  ];
  return loadSource(files, { established: new Set() });
}

function aProvider(spec: string, namespace = 'default'): string {
  return [
    'apiVersion: flagger.app/v1beta1',
    'kind: AlertProvider',
    `metadata: { name: chat, namespace: ${namespace} }`,
    `spec: ${spec}`,
    '',
  ].join('\n');
}

const SLACK = '{ type: slack, address: "https://hooks.test/services/1" }';
const alertsOf = ({ canaries }: ReturnType<typeof load>) => canaries[0]?.spec.analysis.alerts;

describe('an alert of a canary', () => {
  it('finds its provider beside it, with what Flagger takes by itself', () => {
    expect(alertsOf(load(aProvider(SLACK)))).toEqual([
      {
        name: 'chat',
        severity: 'info',
        provider: {
          namespace: 'default',
          name: 'chat',
          service: 'slack',
          channel: 'general',
          username: 'flagger',
          address: { from: 'spec', address: 'https://hooks.test/services/1' },
        },
      },
    ]);
  });

  it('finds its provider in another namespace, with everything that is written', () => {
    const spec =
      '{ type: rocket, channel: c, username: u, proxy: "http://me:pw@proxy.test:3128", secretRef: { name: on-call } }';
    const alert = '{ name: a, severity: error, providerRef: { name: chat, namespace: platform } }';
    expect(alertsOf(load(aProvider(spec, 'platform'), alert))).toMatchObject([
      {
        severity: 'error',
        provider: {
          namespace: 'platform',
          channel: 'c',
          username: 'u',
          proxy: 'http://me:pw@proxy.test:3128',
          address: { from: 'secret', secretName: 'on-call' },
        },
      },
    ]);
  });

  it('tells everything when its severity is empty', () => {
    const alert = '{ name: a, severity: "", providerRef: { name: chat } }';
    expect(alertsOf(load(aProvider(SLACK), alert))).toMatchObject([{ severity: 'info' }]);
  });

  it('that names a provider which is not there is refused at its place', () => {
    const { canaries, problems } = load(aProvider(SLACK, 'elsewhere'));
    expect(canaries).toEqual([]);
    expect(problems).toMatchObject([
      {
        code: 'alert-provider-missing',
        message:
          'spec.analysis.alerts[0].providerRef names AlertProvider default/chat, which the source does not hold',
        canary: 'default/reviews',
        location: { file: 'canary.yaml', field: 'spec.analysis.alerts[0].providerRef.name' },
      },
    ]);
  });

  it.each([
    ['a severity', '{ name: a, severity: fatal, providerRef: { name: chat } }', 'severity'],
    ['a name', '{ providerRef: { name: chat } }', 'name'],
    ['a field', '{ name: a, providerRef: { name: chat, kind: X } }', 'providerRef.kind'],
  ])('with %s that it cannot have is refused', (_, alert, field) => {
    const { problems } = load(aProvider(SLACK), alert);
    expect(problems).toMatchObject([{ location: { field: `spec.analysis.alerts[0].${field}` } }]);
  });
});

describe('an AlertProvider', () => {
  it.each([
    [
      'address and Secret',
      '{ type: slack, address: "https://h.test", secretRef: { name: s } }',
      'spec.address',
    ],
    ['no address at all', '{ type: slack }', 'spec.address'],
    ['an unknown service', '{ type: teams, address: "https://h.test" }', 'spec.type'],
    ['a strange Secret', '{ type: slack, secretRef: { name: ../x } }', 'spec.secretRef.name'],
    ['an empty channel', '{ type: slack, channel: "", address: "https://h.test" }', 'spec.channel'],
    [
      'an unknown field',
      '{ type: slack, adress: "https://h.test", secretRef: { name: s } }',
      'spec.adress',
    ],
  ])('with %s is refused at its place, and so is the alert that names it', (_, spec, field) => {
    const { canaries, problems } = load(aProvider(spec));
    expect(canaries).toEqual([]);
    expect(problems).toMatchObject([
      { code: 'alert-provider-missing', location: { file: 'canary.yaml' } },
      { location: { file: 'provider.yaml', field } },
    ]);
  });

  it('stops nobody who does not name it', () => {
    const { canaries, problems } = load(
      aProvider('{ type: teams }', 'other') + '---\n' + aProvider(SLACK),
    );
    expect(canaries).toHaveLength(1);
    expect(problems.map(({ location }) => location?.field)).toEqual(['spec.type', 'spec.address']);
  });

  it.each(['hooks.test/secret', 'ftp://hooks.test/secret', 'https://me:secret@hooks.test/'])(
    'with the address %s is refused without quoting it',
    (address) => {
      const { problems } = load(aProvider(`{ type: slack, address: "${address}" }`));
      expect(problems).toHaveLength(2);
      expect(JSON.stringify(problems)).not.toContain('secret');
    },
  );
});

it.each([
  ['stepWeight: 10', 'Weight step: 10 max: 50'],
  ['stepWeights: [5, 50]', 'Weight steps: 5,50 max: 50'],
])('alerts describe %s as Flagger does: %s', (written, text) => {
  const canary = aCanaryFile().replace('stepWeight: 10', written);
  const files = [
    { path: 'canary.yaml', text: canary },
    { path: 'deployment.yaml', text: aDeploymentFile() },
  ];
  const { canaries } = loadSource(files, { established: new Set() });
  expect(canaries[0]?.spec.analysis.trafficRouting).toBe(text);
});
