import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WEBHOOK_TYPES } from '../../../constructs/canary-spec.ts';
import { DEFAULT_LABELS, type LabelOptions } from '../../../engine/config/label-options.ts';
import { loadSource } from '../../../engine/config/load-source.ts';
import { aCanaryFile, aDeploymentFile, type CanaryFile } from '../../support/manifests.ts';

interface Texts {
  readonly [path: string]: string;
}

function load(texts: Texts, established: readonly `${string}/${string}`[] = []) {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }));
  return loadSource(files, { established: new Set(established) });
}

function world(canary: CanaryFile = {}, texts: Texts = {}): Texts {
  return { 'canary.yaml': aCanaryFile(canary), 'deployment.yaml': aDeploymentFile(), ...texts };
}

/** The valid Canary with one piece of text replaced. */
function mistaken(from: string, to: string): Texts {
  const text = aCanaryFile();
  if (!text.includes(from)) throw new Error(`the Canary has no ${from}`);
  return world({}, { 'canary.yaml': text.replace(from, to) });
}

const codes = (texts: Texts) => load(texts).problems.map(({ code }) => code);

describe('a source in order', () => {
  it('gives the canary with every default filled in', () => {
    const { canaries, problems } = load(world());
    expect(problems).toEqual([]);
    expect(canaries[0]).toMatchObject({
      key: 'default/reviews',
      selectorLabel: { key: 'app', value: 'reviews' },
      spec: {
        service: { name: 'reviews', portName: 'http', gateways: ['mesh'], hosts: ['reviews'] },
        analysis: {
          intervalMs: 60_000,
          strategy: { kind: 'canary', stepWeights: [10, 20, 30, 40, 50] },
          stepWeightPromotion: 0,
        },
      },
    });
  });

  it('carries everything that belongs to no canary over, byte for byte', () => {
    const config =
      '# kept\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "yes"}\n';
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n';
    const { others } = load(world({}, { 'more.yaml': `${config}---\n${namespace}` }));
    expect(Object.fromEntries(others)).toEqual({
      'workloads/default/_other/configmap-x.yaml': config,
      'workloads/_cluster/namespace-shop.yaml': namespace,
    });
  });

  it('takes the items of a List one by one', () => {
    const items = ['a', 'b'].map(
      (name) => `- {apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`,
    );
    const list = `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\n`;
    const { others } = load(world({}, { 'list.yaml': list }));
    expect([...others.keys()]).toEqual(
      ['a', 'b'].map((name) => `workloads/default/_other/configmap-${name}.yaml`),
    );
  });

  it('reads YAML 1.1, as Kubernetes does', () => {
    const text = aDeploymentFile().replace('VERSION', 'MODE');
    const octal = text.replace('spec:\n  selector', 'spec:\n  minReadySeconds: 010\n  selector');
    const { canaries } = load(world({}, { 'deployment.yaml': octal }));
    expect(canaries[0]?.target.spec['minReadySeconds']).toBe(8);
  });
});

describe('the ladder', () => {
  it.each([
    [{ stepWeight: 10, maxWeight: 50 }, [10, 20, 30, 40, 50]],
    [{ stepWeight: 20, maxWeight: 50 }, [20, 40, 60]],
    [{ stepWeight: 30 }, [30, 60, 90, 100]],
    [{ stepWeight: 100, maxWeight: 50 }, [100]],
    [{ stepWeight: 50, maxWeight: 100 }, [50, 100]],
    [{ stepWeights: [1, 2, 10, 80] }, [1, 2, 10, 80]],
    [{ stepWeights: [10, 20, 60], maxWeight: 50 }, [10, 20, 60]],
    [{ stepWeights: [100] }, [100]],
  ])('of %j is %j, as Flagger takes it', (weights, ladder) => {
    const lines = Object.entries(weights).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const texts = mistaken('    maxWeight: 50\n    stepWeight: 10', `    ${lines.join('\n    ')}`);
    const strategy = { kind: 'canary', stepWeights: ladder };
    expect(load(texts).canaries[0]?.spec.analysis.strategy).toEqual(strategy);
  });

  it.each([
    ['stepWeight: 10', 'stepWeight: 0'],
    ['stepWeight: 10', 'stepWeight: -5'],
    ['stepWeight: 10', 'stepWeight: 2.5'],
    ['maxWeight: 50', 'maxWeight: 150'],
    ['stepWeight: 10', 'stepWeights: [10, 50, 20]'],
    ['stepWeight: 10', 'stepWeights: [10, 10, 20]'],
    ['stepWeight: 10', 'stepWeights: [0, 10]'],
    ['stepWeight: 10', 'stepWeights: [50, 120]'],
    ['stepWeight: 10', 'stepWeights: []'],
    ['stepWeight: 10', 'stepWeight: 10\n    stepWeights: [10]'],
    ['    stepWeight: 10\n', ''],
  ])('is refused where it would get stuck or jump: %s → %s', (from, to) => {
    expect(new Set(codes(mistaken(from, to)))).toEqual(new Set(['invalid-weights']));
  });
});

describe('a strategy', () => {
  const LADDER = '    stepWeight: 10\n';
  const strategyOf = (to: string) => {
    const [canary] = load(mistaken(LADDER, to)).canaries;
    return canary?.spec.analysis.strategy;
  };

  it('is blue/green with iterations', () => {
    expect(strategyOf('    iterations: 3\n')).toEqual({ kind: 'blue-green', iterations: 3 });
  });

  it('is a canary with iterations of 0, as with Flagger', () => {
    const strategy = strategyOf(`${LADDER}    iterations: 0\n`);
    expect(strategy).toMatchObject({ kind: 'canary' });
  });

  it.each([
    ['both a ladder and iterations', `${LADDER}    iterations: 3\n`],
    ['a list of weights and iterations', '    stepWeights: [10]\n    iterations: 3\n'],
    ['a negative count', '    iterations: -1\n'],
    ['a fraction', '    iterations: 2.5\n'],
    ['more than a lifetime holds', '    iterations: 10000000\n'],
  ])('is refused with %s', (_, to) => {
    expect(codes(mistaken(LADDER, to))).toEqual(['invalid-strategy']);
  });
});

describe('a webhook', () => {
  const webhooksOf = (...lines: readonly string[]) => {
    const list = lines.map((line) => `\n    - {name: hook, url: "http://hooks.test/", ${line}}`);
    return mistaken('threshold: 5', `threshold: 5\n    webhooks:${list.join('')}`);
  };

  it('has Flagger’s types, and is a rollout webhook without one', () => {
    const types = [...WEBHOOK_TYPES.map((type) => `type: ${type}`), 'type: ""', 'retries: 1'];
    const [canary] = load(webhooksOf(...types)).canaries;
    expect(canary?.spec.analysis.webhooks.map(({ type }) => type)).toEqual([
      ...WEBHOOK_TYPES,
      'rollout',
      'rollout',
    ]);
  });

  it('has Flagger’s options and defaults', () => {
    const [canary] = load(
      webhooksOf('timeout: 5s, disableTLS: true, muteAlert: true', ''),
    ).canaries;
    expect(canary?.spec.analysis.webhooks).toMatchObject([
      { timeoutMs: 5_000, disableTls: true, muteAlert: true },
      { timeoutMs: 10_000, retries: 0, disableTls: false, muteAlert: false, metadata: {} },
    ]);
  });

  it('of a type that nobody knows is refused, and the known ones are named', () => {
    const [problem] = load(webhooksOf('type: confirm')).problems;
    expect(problem).toMatchObject({ code: 'invalid-field', message: /"confirm"/ });
    expect(problem?.remedy).toContain('confirm-rollout, pre-rollout');
  });
});

it.each(['skipAnalysis', 'suspend'] as const)('%s is off unless it is written', (field) => {
  const read = (text: string) => load(mistaken('service:', text)).canaries[0]?.spec[field];
  expect(read('service:')).toBe(false);
  expect(read(`${field}: true\n  service:`)).toBe(true);
});

describe('a mistake', () => {
  it('is located: file, line, column and field', () => {
    const [problem] = load(mistaken('threshold: 5', 'threshold: many')).problems;
    expect(problem).toMatchObject({
      code: 'invalid-field',
      canary: 'default/reviews',
      location: { file: 'canary.yaml', line: 17, column: 5, field: 'spec.analysis.threshold' },
    });
    expect(problem?.message).toContain('"many"');
  });

  it('does not hide another: four mistakes are four problems, in the order of their lines', () => {
    const text = aCanaryFile()
      .replace('port: 9080', 'prt: 9080')
      .replace('threshold: 5', 'threshold: "5"')
      .replace('stepWeight: 10', 'stepWeight: 1000')
      .replace('name: request-duration', 'name: request-latency');
    const { problems, canaries } = load(world({}, { 'canary.yaml': text }));
    expect(canaries).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual([
      'missing-field',
      'unknown-field',
      'invalid-field',
      'invalid-weights',
      'unknown-metric',
    ]);
    expect(problems.every(({ location }) => location?.line !== undefined)).toBe(true);
  });

  it.each([
    ['an unknown provider', 'service:', 'provider: linkerd\n  service:', 'unknown-provider'],
    ['a metric nobody knows', 'request-duration', 'cpu', 'unknown-metric'],
    ['a misspelt field', 'targetPort', 'targetPrt', 'unknown-field'],
    [
      'a field of Flagger that is not acted on yet',
      'service:',
      'upstreamRef: {apiVersion: v1, kind: Upstream, name: reviews}\n  service:',
      'unsupported-field',
    ],
    ['a target of another kind', 'kind: Deployment', 'kind: StatefulSet', 'unsupported-field'],
    [
      'a target of Knative',
      'apiVersion: apps/v1\n    kind: Deployment',
      'apiVersion: serving.knative.dev/v1\n    kind: Service',
      'unsupported-field',
    ],
    [
      'a target that is not there',
      'kind: Deployment\n    name: reviews',
      'kind: Deployment\n    name: other',
      'target-missing',
    ],
    ['a port that is none', 'port: 9080', 'port: 99999', 'invalid-field'],
  ])('is named: %s', (_, from, to, code) => {
    expect(codes(mistaken(from, to))).toContain(code);
  });

  it('suggests what was meant', () => {
    const [problem] = load(mistaken('targetPort', 'targetPrt')).problems;
    expect(problem?.remedy).toContain('targetPort');
  });

  it('that changes nothing is accepted', () => {
    const harmless = 'threshold: 5\n    mirror: false\n    alerts: []';
    expect(codes(mistaken('threshold: 5', harmless))).toEqual([]);
  });
});

describe('bad input of one canary', () => {
  const second = {
    'ratings-canary.yaml': aCanaryFile({ name: 'ratings' }),
    'ratings.yaml': aDeploymentFile({ name: 'ratings' }),
  };

  it('stops that canary only', () => {
    const { canaries, problems } = load({ ...mistaken('threshold: 5', 'threshold: x'), ...second });
    expect(canaries.map(({ key }) => key)).toEqual(['default/ratings']);
    expect(problems.map(({ canary }) => canary)).toEqual(['default/reviews']);
  });

  it('keeps its Deployment from being taken for somebody else’s', () => {
    const { others, claimed } = load(mistaken('threshold: 5', 'threshold: x'));
    expect([...others]).toEqual([]);
    expect(Object.fromEntries(claimed)).toMatchObject({
      'workloads/default/_other/deployment-reviews.yaml': 'default/reviews',
      'workloads/default/_other/service-reviews.yaml': 'default/reviews',
    });
  });

  it('that shares a target stops the newcomer, not the established one', () => {
    const rival = aCanaryFile({ name: 'a-rival' });
    const text = rival.replace(/(targetRef:[\s\S]*?name: )a-rival/, '$1reviews');
    const texts = world({}, { 'rival.yaml': text });
    expect(load(texts, ['default/reviews']).canaries.map(({ key }) => key)).toEqual([
      'default/reviews',
    ]);
    expect(load(texts).canaries.map(({ key }) => key)).toEqual(['default/a-rival']);
    expect(codes(texts)).toEqual(['target-shared']);
  });

  it('that has the public Service of another stops the newcomer', () => {
    const rival = aCanaryFile({ name: 'a-rival' }).replace(
      'service:\n',
      'service:\n    name: reviews\n',
    );
    const texts = world({}, { 'r.yaml': rival, 'r2.yaml': aDeploymentFile({ name: 'a-rival' }) });
    const { canaries, problems } = load(texts, ['default/reviews']);
    expect(canaries.map(({ key }) => key)).toEqual(['default/reviews']);
    expect(problems).toMatchObject([
      {
        code: 'object-conflict',
        canary: 'default/a-rival',
        message: 'Service reviews is generated for Canary default/reviews already',
      },
    ]);
  });

  it('that is written twice is refused both times', () => {
    const { canaries, problems } = load(world({}, { 'copy.yaml': aCanaryFile() }));
    expect(canaries).toEqual([]);
    expect(problems.map(({ code }) => code)).toContain('canary-duplicate');
  });

  it('whose target is written twice is refused: nobody can say which is meant', () => {
    const texts = world({}, { 'deployment-v2.yaml': aDeploymentFile({ version: 'v2' }) });
    const { canaries, others, problems, complete } = load(texts);
    expect({ canaries, others, complete }).toEqual({
      canaries: [],
      others: new Map(),
      complete: false,
    });
    expect(problems.map(({ code }) => code)).toEqual([
      'target-missing',
      'object-duplicate',
      'object-duplicate',
    ]);
    expect(problems[0]).toMatchObject({ message: expect.stringContaining('more than once') });
  });

  it('whose generated objects stand in the source is refused', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: reviews\n';
    const { canaries, problems } = load(world({}, { 'service.yaml': service }));
    expect(canaries).toEqual([]);
    expect(problems).toMatchObject([{ code: 'object-conflict', canary: 'default/reviews' }]);
  });

  it('whose names leave no room for -primary is refused', () => {
    const name = 'x'.repeat(56);
    const texts = {
      'canary.yaml': aCanaryFile({ name }),
      'deployment.yaml': aDeploymentFile({ name }),
    };
    expect(codes(texts)).toEqual(['invalid-field']);
    const label = aDeploymentFile().replaceAll('app: reviews', `app: ${name}`);
    expect(codes(world({}, { 'deployment.yaml': label }))).toEqual(['invalid-field']);
  });

  it('whose pods cannot be told apart is refused', () => {
    const text = aDeploymentFile().replaceAll('app: reviews', 'tier: front');
    expect(codes(world({}, { 'deployment.yaml': text }))).toEqual(['selector-label-missing']);
  });
});

describe('a target', () => {
  const ref = 'apiVersion: apps/v1\n    kind: Deployment';
  const canaryFor = (written: string) => aCanaryFile().replace(ref, written);
  const daemonSet = (more = '') =>
    aDeploymentFile()
      .replace('kind: Deployment', 'kind: DaemonSet')
      .replace('spec:\n  selector', `spec:\n${more}  selector`);
  const nowhere = '    spec:\n      nodeSelector: {flagger.app/scale-to-zero: "true"}\n';

  it('can be a DaemonSet; whether it runs anywhere is no revision', () => {
    const canary = canaryFor('apiVersion: apps/v1\n    kind: DaemonSet');
    const read = (text: string) => {
      const { canaries, problems } = load({ 'canary.yaml': canary, 'target.yaml': text });
      expect(problems).toEqual([]);
      return canaries[0];
    };
    expect(read(daemonSet())).toMatchObject({
      spec: { target: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'reviews' } },
      selectorLabel: { key: 'app', value: 'reviews' },
    });
    const asleep = daemonSet().replace('    spec:\n      containers', `${nowhere}      containers`);
    expect(asleep).toContain('scale-to-zero');
    expect(read(asleep)?.revision).toBe(read(daemonSet())?.revision);
  });

  it('that nobody would roll out is refused', () => {
    const text = daemonSet('  updateStrategy: {type: OnDelete}\n');
    const canary = canaryFor('apiVersion: apps/v1\n    kind: DaemonSet');
    const { problems } = load({ 'canary.yaml': canary, 'target.yaml': text });
    expect(problems).toMatchObject([
      { code: 'invalid-field', message: expect.stringContaining('"OnDelete"') },
    ]);
  });

  const service = (more: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {${more}}\n`;
  const toV1 = service('selector: {app: reviews, version: v1}, ports: [{port: 9080}]');

  it('can be a Service; where it leads is its revision', () => {
    const canary = canaryFor('apiVersion: v1\n    kind: Service');
    const read = (text: string) => {
      const { canaries, problems } = load({ 'canary.yaml': canary, 'target.yaml': text });
      expect(problems).toEqual([]);
      return canaries[0];
    };
    const v1 = read(toV1);
    expect(v1).toMatchObject({ spec: { target: { apiVersion: 'v1', kind: 'Service' } } });
    expect(v1?.selectorLabel).toBeUndefined();
    expect(read(toV1.replace('version: v1', 'version: v2'))?.revision).not.toBe(v1?.revision);
    const open = read(toV1.replace('selector', 'type: NodePort, selector'));
    expect(open?.revision).toBe(v1?.revision);
    expect(open?.configDigest).not.toBe(v1?.configDigest);
  });

  it.each([
    ['a name of its own', 'name: other', 'spec.service.name is "other"'],
    ['what its copies are like', 'headless: true', 'spec.service.headless has no effect'],
    ['labels of its copies', 'primary: {labels: {a: b}}', 'spec.service.primary has no effect'],
    ['a way of spreading', 'trafficDistribution: PreferClose', 'trafficDistribution has no effect'],
  ])('that is a Service says it all itself: refused is %s', (_, written, message) => {
    const text = canaryFor('apiVersion: v1\n    kind: Service').replace(
      'service:\n',
      `service:\n    ${written}\n`,
    );
    const { problems } = load({ 'canary.yaml': text, 'target.yaml': toV1 });
    expect(problems).toMatchObject([
      {
        code: 'invalid-field',
        canary: 'default/reviews',
        message: expect.stringContaining(message),
        location: { file: 'canary.yaml', line: expect.any(Number) },
      },
    ]);
  });

  it('that is a Service has copies for its tracks, which nobody else may write', () => {
    const files = {
      'canary.yaml': canaryFor('apiVersion: v1\n    kind: Service'),
      'target.yaml': toV1,
      'copy.yaml': toV1.replace('name: reviews', 'name: reviews-primary'),
    };
    expect(load(files).problems).toMatchObject([
      { code: 'object-conflict', location: { file: 'copy.yaml' } },
    ]);
  });

  const problemsOf = (spec: string) =>
    load({
      'canary.yaml': canaryFor('apiVersion: v1\n    kind: Service'),
      'target.yaml': service(spec),
    }).problems.map(({ message }) => message);

  it.each([
    ['ports: [{port: 80}]', 'spec.service.port is 9080, which is no port of Service reviews'],
    ['ports: [{port: 9080, targetPort: web}]', 'port 9080 of Service reviews leads to web'],
  ])('that is a Service must have the port that is routed to, not %s', (spec, message) => {
    expect(problemsOf(spec)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    'ports: [{port: 9080, targetPort: 9080}]',
    'type: ExternalName, externalName: reviews.example.com',
  ])('that is a Service has the port that is routed to: %s', (spec) => {
    expect(problemsOf(spec)).toEqual([]);
  });

  it('of another API group under the same kind is another object', () => {
    const text = daemonSet().replace('apiVersion: apps/v1', 'apiVersion: example.com/v1');
    const canary = canaryFor('apiVersion: apps/v1\n    kind: DaemonSet');
    expect(codes({ 'canary.yaml': canary, 'target.yaml': text })).toEqual(['target-missing']);
  });
});

describe('labels', () => {
  const labelled = aDeploymentFile()
    .replaceAll('app: reviews', 'service: reviews')
    .replace('metadata:\n  name', 'metadata:\n  labels: {team/a: x, other: y}\n  name');
  const files = Object.entries(world({}, { 'deployment.yaml': labelled })).map(([path, text]) => ({
    path,
    text,
  }));
  const withLabels = (labels: LabelOptions) =>
    loadSource(files, { established: new Set(), labels });

  it('by which pods are told apart are those that the operator says', () => {
    const { canaries } = withLabels({ selectors: ['app', 'service'], prefixes: ['team/'] });
    expect(canaries[0]).toMatchObject({
      selectorLabel: { key: 'service', value: 'reviews' },
      labelPrefixes: ['team/'],
    });
    const [problem] = withLabels(DEFAULT_LABELS).problems;
    expect(problem).toMatchObject({
      code: 'selector-label-missing',
      message: expect.stringContaining('app, name, app.kubernetes.io/name'),
    });
  });
});

describe('a hostile file', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'.split('').map((name, index) => {
      const previous = 'abcdefgh'[index];
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${previous}`).join(', ')}]`;
    }),
  ].join('\n');

  it.each([
    ['broken YAML', 'a: [1, 2', 'yaml-syntax'],
    ['duplicate keys', 'apiVersion: v1\napiVersion: v2\n', 'yaml-syntax'],
    ['an alias bomb', bomb, 'yaml-alias-limit'],
    ['a document that is no manifest', 'resources: [a.yaml]\n', 'not-a-manifest'],
    ['a huge file', `a: ${'x'.repeat(1024 * 1024)}`, 'file-too-large'],
    [
      'a name that leads out of its folder',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../../x}',
      'path-outside',
    ],
    [
      'a namespace that leads out of its folder',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ../x}',
      'path-outside',
    ],
    [
      'a kind that leads out of its folder',
      'apiVersion: v1\nkind: ../X\nmetadata: {name: x}',
      'path-outside',
    ],
  ])('is one problem, and the canaries of other files go on: %s', (_, text, code) => {
    const { canaries, problems, complete } = load(world({}, { 'hostile.yaml': text }));
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(canaries.map(({ key }) => key)).toEqual(['default/reviews']);
    expect(complete).toBe(false);
  });

  it('never makes loading throw, whatever its text', () => {
    const snippets = fc.constantFrom(
      'spec:',
      'kind: Canary',
      '- ',
      '&a ',
      '*a',
      ': ',
      '\n',
      '  ',
      '{',
      '---\n',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(snippets, fc.string()), { maxLength: 30 }), (parts) => {
        const text = `apiVersion: flagger.app/v1beta1\nkind: Canary\n${parts.join('')}`;
        expect(() => load(world({}, { 'noise.yaml': text }))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('with any values in a Canary never makes loading throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (analysis, service) => {
        const spec = { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' } };
        const canary = {
          apiVersion: 'flagger.app/v1beta1',
          kind: 'Canary',
          metadata: { name: 'reviews' },
          spec: { ...spec, analysis, service },
        };
        expect(() => load(world({}, { 'canary.yaml': JSON.stringify(canary) }))).not.toThrow();
      }),
    );
  });

  it('an empty source says so instead of taking everything away', () => {
    expect(load({})).toMatchObject({ complete: false, problems: [{ code: 'source-empty' }] });
  });
});

describe('a revision', () => {
  const revisionOf = (text: string) =>
    load(world({}, { 'deployment.yaml': text })).canaries[0]?.revision;
  const digestOf = (texts: Texts) => load(texts).canaries[0]?.configDigest;

  it('is the pod template and nothing else', () => {
    const revision = revisionOf(aDeploymentFile());
    expect(revisionOf(aDeploymentFile({ replicas: 3, annotation: 'x' }))).toBe(revision);
    expect(revisionOf(aDeploymentFile({ version: 'v2' }))).not.toBe(revision);
    expect(revisionOf(aDeploymentFile({ env: { RETRY: '1' } }))).not.toBe(revision);
  });

  it('leaves everything else to the digest of the options', () => {
    const digest = digestOf(world());
    expect(digestOf(world({}, { 'deployment.yaml': aDeploymentFile({ version: 'v2' }) }))).toBe(
      digest,
    );
    expect(digestOf(world({}, { 'deployment.yaml': aDeploymentFile({ replicas: 3 }) }))).not.toBe(
      digest,
    );
    expect(digestOf(world({ stepWeight: 20 }))).not.toBe(digest);
  });
});
