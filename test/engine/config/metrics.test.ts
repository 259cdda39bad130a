import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadSource } from '../../../engine/config/load-source.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

const OWN = '0-canary.yaml';

/** The seed's Canary with these metrics, a MetricTemplate beside it, and whatever else. */
function load(metrics: readonly object[], templates: readonly string[] = [], spec: object = {}) {
  const canary = parse(aCanaryFile({ namespace: 'shop' }));
  Object.assign(canary.spec, spec);
  canary.spec.analysis.metrics = metrics;
  const files = [
    { path: OWN, text: stringify(canary) },
    { path: 'deployment.yaml', text: aDeploymentFile({ namespace: 'shop' }) },
    ...templates.map((text, index) => ({ path: `template-${index}.yaml`, text })),
  ];
  return loadSource(files, { established: new Set() });
}

interface Template {
  readonly name?: string;
  readonly namespace?: string;
  readonly provider?: object;
  readonly query?: string;
}

function aTemplate({
  name = 'latency',
  namespace = 'shop',
  provider = { type: 'prometheus', address: 'http://prometheus:9090' },
  query = 'p99{app="{{ target }}"}[{{ interval }}]',
}: Template = {}): string {
  return stringify({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name, namespace },
    spec: { provider, query },
  });
}

const checksOf = (...args: Parameters<typeof load>) => {
  const { canaries, problems } = load(...args);
  expect(problems).toEqual([]);
  return canaries[0]?.spec.analysis.metrics;
};
const problemsOf = (...args: Parameters<typeof load>) =>
  load(...args).problems.map(({ code, location, message, remedy, canary }) => ({
    code,
    at: `${location?.file} ${location?.field}`,
    text: `${message} → ${remedy}`,
    canary,
  }));
const ref = { templateRef: { name: 'latency' } };

describe('a built-in metric', () => {
  it.each([
    ['request-success-rate', { thresholdRange: { min: 99, max: 100 } }, { min: 99, max: 100 }],
    ['request-success-rate', { threshold: 99 }, { min: 99 }],
    ['request-success-rate', {}, { min: 0 }],
    ['request-duration', { thresholdRange: { min: 1.9, max: 500.9 } }, { min: 1, max: 500 }],
    ['request-duration', { threshold: 500 }, { max: 500 }],
    ['request-duration', { threshold: 1, thresholdRange: {} }, {}],
    ['request-duration', {}, { max: 0 }],
  ])('%s bounded by %o keeps to %o', (name, bounds, range) => {
    expect(checksOf([{ name, ...bounds }])).toEqual([
      { kind: 'builtin', name, intervalMs: 60_000, range },
    ]);
  });
});

describe('a query of the canary’s own', () => {
  const query =
    'sum(rate(errors{ns="{{ namespace }}", zone="{{ variables.zone }}"}[{{ interval }}]))';

  it('is rendered, and bounded from above by the old threshold', () => {
    const metric = { name: 'errors', query, templateVariables: { zone: 'eu' }, threshold: 5 };
    expect(checksOf([{ ...metric, interval: '90s' }])).toEqual([
      {
        kind: 'query',
        name: 'errors',
        intervalMs: 90_000,
        range: { max: 5 },
        query: 'sum(rate(errors{ns="shop", zone="eu"}[1m30s]))',
      },
    ]);
  });

  it('knows apex and target by their names', () => {
    const names = '{{ name }} {{ target }} {{ service }} {{ ingress }} {{ route }}';
    const service = { name: 'public', port: 80 };
    expect(checksOf([{ name: 'x', query: names }], [], { service })).toMatchObject([
      { query: 'reviews reviews public reviews reviews' },
    ]);
  });

  it('that lacks a variable stops the canary and says which', () => {
    expect(problemsOf([{ name: 'errors', query }])).toEqual([
      {
        code: 'invalid-query',
        at: `${OWN} spec.analysis.metrics[0].templateVariables`,
        text: 'spec.analysis.metrics[0].query, in its line 1: there is no variable zone → add zone to templateVariables',
        canary: 'shop/reviews',
      },
    ]);
  });

  it('that is not understood stops the canary', () => {
    expect(problemsOf([{ name: 'errors', query: 'a\n{{ include "x" }}' }])).toMatchObject([
      {
        code: 'invalid-query',
        at: `${OWN} spec.analysis.metrics[0].query`,
        text: expect.stringMatching(/in its line 2: there is no function include/),
      },
    ]);
  });
});

describe('a metric of a template', () => {
  it('asks the template’s server the rendered query', () => {
    const provider = {
      type: 'prometheus',
      address: 'https://prometheus.example/tenant',
      headers: { 'X-Scope-OrgID': ['t1'] },
      secretRef: { name: 'keys' },
      insecureSkipVerify: true,
    };
    const metric = { name: 'p99', ...ref, thresholdRange: { max: 0.5 }, interval: '30s' };
    expect(checksOf([metric], [aTemplate({ provider })])).toEqual([
      {
        kind: 'template',
        name: 'p99',
        intervalMs: 30_000,
        range: { max: 0.5 },
        template: { namespace: 'shop', name: 'latency' },
        provider: {
          type: 'prometheus',
          address: 'https://prometheus.example/tenant',
          headers: { 'X-Scope-OrgID': ['t1'] },
          secret: { namespace: 'shop', name: 'keys' },
          insecureSkipVerify: true,
        },
        query: 'p99{app="reviews"}[30s]',
      },
    ]);
  });

  it('may stand in another namespace, and its Secret stands with it', () => {
    const provider = { type: 'datadog', secretRef: { name: 'keys' } };
    const template = aTemplate({ namespace: 'monitoring', provider });
    const templateRef = { name: 'latency', namespace: 'monitoring' };
    expect(checksOf([{ name: 'p99', templateRef }], [template])).toMatchObject([
      { provider: { secret: { namespace: 'monitoring', name: 'keys' } } },
    ]);
  });

  it('has an interval of a minute where none is written', () => {
    expect(checksOf([{ name: 'p99', ...ref }], [aTemplate()])).toMatchObject([
      { intervalMs: 60_000, query: 'p99{app="reviews"}[1m]', range: { max: 0 } },
    ]);
  });

  it('is judged beside its query and its built-in name, as Flagger does', () => {
    const metric = { name: 'request-success-rate', query: 'q', ...ref };
    const checks = checksOf([metric], [aTemplate()]) ?? [];
    expect(checks.map(({ kind, range }) => [kind, range])).toEqual([
      ['builtin', { min: 0 }],
      ['query', { max: 0 }],
      ['template', { max: 0 }],
    ]);
  });

  it('leaves the template to be carried over', () => {
    const template = aTemplate();
    const { others } = load([{ name: 'p99', ...ref }], [template]);
    expect([...others]).toEqual([['workloads/shop/_other/metrictemplate-latency.yaml', template]]);
  });

  it.each([
    ['is not in the source', [], /names MetricTemplate shop\/latency, which the source does not/],
    [
      'is in another namespace',
      [aTemplate({ namespace: 'x' })],
      /shop\/latency, which the source does not hold → put it beside the Canary/,
    ],
    ['is written twice', [aTemplate(), aTemplate()], /shop\/latency, which the source does not/],
    ['has mistakes', [aTemplate({ query: '{{' })], /shop\/latency, which has mistakes of its own/],
  ])('whose template %s stops the canary', (_, templates, text) => {
    const problems = problemsOf([{ name: 'p99', ...ref }], templates);
    expect(problems.filter(({ canary }) => canary !== undefined)).toEqual([
      {
        code: 'template-unusable',
        at: `${OWN} spec.analysis.metrics[0].templateRef.name`,
        text: expect.stringMatching(text),
        canary: 'shop/reviews',
      },
    ]);
  });

  it('that lacks a variable of the template says which', () => {
    const template = aTemplate({ query: 'x\n  {{ variables.zone }}' });
    const problems = problemsOf(
      [{ name: 'p99', ...ref, templateVariables: { zoom: 'x' } }],
      [template],
    );
    expect(problems).toEqual([
      {
        code: 'invalid-query',
        at: `${OWN} spec.analysis.metrics[0].templateVariables`,
        text: 'spec.analysis.metrics[0]: the query of MetricTemplate shop/latency, in its line 2: there is no variable zone → add zone to templateVariables',
        canary: 'shop/reviews',
      },
    ]);
  });
});

describe('a metric that says nothing', () => {
  it('is refused, and told what it could say', () => {
    expect(problemsOf([{ name: 'cpu', thresholdRange: { max: 1 } }])).toMatchObject([
      {
        code: 'unknown-metric',
        text: expect.stringMatching(
          /"cpu".* neither query nor templateRef .* request-success-rate/,
        ),
      },
    ]);
  });

  it('because no value could keep to its range is refused', () => {
    const metric = { name: 'request-duration', thresholdRange: { min: 9, max: 5 } };
    expect(problemsOf([metric])).toMatchObject([
      { code: 'invalid-field', text: expect.stringMatching(/min 9 above max 5/) },
    ]);
  });

  it('says all of it at once', () => {
    const metrics = [
      { name: 'cpu' },
      { name: 'a', query: '{{ variables.x }}' },
      { name: 'b', templateRef: { name: 'gone' } },
      { name: 'c', query: 'q', interval: 'soon' },
    ];
    expect(problemsOf(metrics).map(({ code }) => code)).toEqual([
      'unknown-metric',
      'invalid-query',
      'template-unusable',
      'invalid-field',
    ]);
  });
});

describe('the metrics server of a canary', () => {
  it('is taken as it is written', () => {
    const metricsServer = 'http://prometheus.monitoring:9090/prom';
    const { canaries } = load([], [], { metricsServer });
    expect(canaries[0]?.spec.metricsServer).toBe(metricsServer);
  });

  it.each(['prometheus:9090', 'ftp://prometheus', 'prometheus'])('cannot be %s', (server) => {
    expect(problemsOf([], [], { metricsServer: server })).toMatchObject([
      { code: 'invalid-field', at: `${OWN} spec.metricsServer` },
    ]);
  });
});

describe('a MetricTemplate', () => {
  const templateProblems = (template: Template) =>
    problemsOf([], [aTemplate(template)]).map(({ code, at, text }) => `${code} ${at}: ${text}`);
  const FILE = 'template-0.yaml';

  it.each([
    [
      { type: 'influx' },
      /^unknown-provider .* is "influx", which is not a known metrics provider → use one of: prometheus, .*, externalmetrics$/,
    ],
    [
      { type: 'keptn' },
      /^unsupported-field .* spec.provider.type keptn is not supported: its analyses are objects .* → use prometheus/,
    ],
    [{ type: 'prometheus' }, /^missing-field .* spec.provider.address is missing → .* address/],
    [{ type: 'graphite', address: 'graphite:80' }, /^invalid-field .* "graphite:80", which is not/],
    [{ type: 'cloudwatch' }, /^missing-field .* spec.provider.region is missing/],
    [{ type: 'datadog' }, /^missing-field .*secretRef is missing → .* datadog_application_key/],
    [
      { type: 'datadog', secretRef: { name: 'k' }, headers: { a: ['b'] } },
      /^unsupported-field .* spec.provider.headers is not supported: a datadog is sent no other/,
    ],
    [
      { type: 'cloudwatch', region: 'eu-west-1', insecureSkipVerify: true },
      /^unsupported-field .*insecureSkipVerify is not supported/,
    ],
    [{ type: 'graphite', address: 'http://g', secretRef: { name: '../x' } }, /^invalid-field/],
    [{ type: 'graphite', adress: 'http://g' }, /^unknown-field .* did you mean address/],
  ])('with the provider %o is refused', (provider, text) => {
    expect(templateProblems({ provider })).toContainEqual(expect.stringMatching(text));
  });

  it.each([
    ['prometheus', { address: 'http://p' }],
    ['datadog', { secretRef: { name: 'k' } }],
    ['datadog', { secretRef: { name: 'k' }, address: '' }],
    ['newrelic', { secretRef: { name: 'k' } }],
    ['graphite', { address: 'http://g' }],
    ['influxdb', { address: 'http://i' }],
    ['dynatrace', { address: 'https://d', secretRef: { name: 'k' } }],
    ['cloudwatch', { region: 'eu-west-1' }],
    ['stackdriver', { secretRef: { name: 'k' } }],
    ['splunk', { address: 'wss://stream.us1.signalfx.com', secretRef: { name: 'k' } }],
    ['externalmetrics', {}],
  ])('of %s needs no more than %o', (type, rest) => {
    expect(templateProblems({ provider: { type, ...rest } })).toEqual([]);
  });

  it('whose query is not understood is refused with the line, even if nobody uses it', () => {
    expect(templateProblems({ query: 'a\nb\n{{ end }}' })).toEqual([
      `invalid-query ${FILE} spec.query: spec.query is not understood, in its line 3: {{ end }} ends nothing → correct the template; docs/configuration.md lists what it can say`,
    ]);
  });

  it('with several mistakes has them said at once, and stops nobody else', () => {
    const provider = { type: 'dynatrace', headers: { a: ['b'] } };
    const { canaries, problems } = load([], [aTemplate({ provider, query: '{{' })]);
    expect(problems.map(({ code }) => code)).toEqual([
      'missing-field',
      'missing-field',
      'unsupported-field',
      'invalid-query',
    ]);
    expect(canaries).toHaveLength(1);
  });
});
