import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Remote, temporaryFolder } from '../../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';
import { serin } from '../../support/serin.ts';

/** What nobody should write: Flagger takes most of it, and gets stuck or does something else. */
interface Mistake {
  readonly provider?: string;
  readonly service?: object;
  readonly analysis: object;
}

const MATCHED = { iterations: 5 };
const BETA = { headers: { 'x-beta': { exact: 'always' } } };
const ON_GATEWAY = { provider: 'gatewayapi:v1', service: { gatewayRefs: [{ name: 'public' }] } };

/** What is written → the line it is found on, the message with the value, the remedy. */
const REFUSED: Readonly<Record<string, readonly [Mistake, RegExp, RegExp, RegExp]>> = {
  'a fractional step': [
    { analysis: { stepWeight: 2.5 } },
    /stepWeight: 2\.5/,
    /invalid-weights: spec\.analysis\.stepWeight is 2\.5; a weight is whole/,
    /write a whole stepWeight from 1 to 100/,
  ],
  'a negative step': [
    { analysis: { stepWeight: -10 } },
    /stepWeight: -10/,
    /invalid-weights: spec\.analysis\.stepWeight is -10;/,
    /write a whole stepWeight from 1 to 100/,
  ],
  'no step': [
    { analysis: { stepWeight: 0 } },
    /stepWeight: 0/,
    /invalid-weights: spec\.analysis\.stepWeight is 0;/,
    /write a whole stepWeight from 1 to 100/,
  ],
  'a step of 101': [
    { analysis: { stepWeight: 101 } },
    /stepWeight: 101/,
    /invalid-weights: spec\.analysis\.stepWeight is 101;/,
    /write a whole stepWeight from 1 to 100/,
  ],
  'a step that is no number': [
    { analysis: { stepWeight: Number.NaN } },
    /stepWeight: \.nan/,
    /spec\.analysis\.stepWeight is NaN/,
    /write a number/,
  ],
  'a step that is text': [
    { analysis: { stepWeight: '10' } },
    /stepWeight: "10"/,
    /invalid-field: spec\.analysis\.stepWeight is "10"/,
    /write a number/,
  ],
  'a maximum of 101': [
    { analysis: { stepWeight: 10, maxWeight: 101 } },
    /maxWeight: 101/,
    /invalid-weights: spec\.analysis\.maxWeight is 101;/,
    /write a whole maxWeight from 1 to 100/,
  ],
  'a fractional weight in a ladder': [
    { analysis: { stepWeights: [5, 12.5] } },
    /- 12\.5/,
    /invalid-weights: spec\.analysis\.stepWeights\[1\] is 12\.5;/,
    /list the weights in rising order/,
  ],
  'a negative weight in a ladder': [
    { analysis: { stepWeights: [-5, 10] } },
    /- -5/,
    /invalid-weights: spec\.analysis\.stepWeights\[0\] is -5;/,
    /list the weights in rising order/,
  ],
  'a weight of 101 in a ladder': [
    { analysis: { stepWeights: [50, 101] } },
    /- 101/,
    /invalid-weights: spec\.analysis\.stepWeights\[1\] is 101;/,
    /list the weights in rising order/,
  ],
  'a ladder out of order': [
    { analysis: { stepWeights: [10, 50, 20] } },
    /- 20/,
    /invalid-weights: spec\.analysis\.stepWeights\[2\] is 20;/,
    /list the weights in rising order/,
  ],
  'a ladder with a weight twice': [
    { analysis: { stepWeights: [10, 30, 30] } },
    /- 30/,
    /invalid-weights: spec\.analysis\.stepWeights\[2\] is 30; .* larger than the one before/,
    /list the weights in rising order/,
  ],
  'a ladder without a weight': [
    { analysis: { stepWeights: [] } },
    /stepWeights/,
    /invalid-weights: spec\.analysis\.stepWeights is empty/,
    /list the weights/,
  ],
  'both ladders': [
    { analysis: { stepWeight: 10, stepWeights: [10, 20] } },
    /stepWeights:/,
    /invalid-weights: stepWeight and stepWeights are both written/,
    /keep one of the two/,
  ],
  'a ladder and iterations': [
    { analysis: { stepWeight: 10, iterations: 5 } },
    /stepWeight: 10/,
    /invalid-strategy: iterations and stepWeight are both written/,
    /keep one of the two/,
  ],
  'neither ladder nor iterations': [
    { analysis: {} },
    /analysis:/,
    /invalid-weights: spec\.analysis has none of stepWeight, stepWeights and iterations/,
    /write spec\.analysis\.stepWeight, or iterations/,
  ],
  'half an iteration': [
    { analysis: { iterations: 2.5 } },
    /iterations: 2\.5/,
    /invalid-strategy: spec\.analysis\.iterations is 2\.5;/,
    /write how many analyses must pass/,
  ],
  'a mirror of 101': [
    { analysis: { stepWeight: 10, mirror: true, mirrorWeight: 101 } },
    /mirrorWeight: 101/,
    /invalid-weights: spec\.analysis\.mirrorWeight is 101;/,
    /write a whole share in percent/,
  ],
  'a fractional step back': [
    { analysis: { stepWeight: 10, stepWeightPromotion: 0.5 } },
    /stepWeightPromotion: 0\.5/,
    /spec\.analysis\.stepWeightPromotion is 0\.5/,
    /write a whole number/,
  ],
  'a match without a condition': [
    { analysis: { ...MATCHED, match: [{}] } },
    /- \{\}/,
    /route-inexpressible: spec\.analysis\.match\[0\] has no condition/,
    /give it headers, queryParams or sourceLabels, or remove it/,
  ],
  'a match by a field that is forgotten': [
    { analysis: { ...MATCHED, match: [{ uri: { prefix: '/beta' } }] } },
    /uri:/,
    /unknown-field: spec\.analysis\.match\[0\]\.uri is not a known field/,
    /remove it: it has no meaning here/,
  ],
  'a header that begins with nothing': [
    { analysis: { ...MATCHED, match: [{ headers: { 'x-beta': { prefix: '' } } }] } },
    /prefix: ""/,
    /spec\.analysis\.match\[0\]\.headers\.x-beta\.prefix is ""/,
    /correct spec\.analysis\.match\[0\]\.headers\.x-beta\.prefix/,
  ],
  'a match by prefix on a gateway': [
    {
      ...ON_GATEWAY,
      analysis: { ...MATCHED, match: [{ headers: { 'x-beta': { prefix: 'a' } } }] },
    },
    /prefix: a/,
    /route-inexpressible: spec\.analysis\.match\[0\]\.headers\.x-beta\.prefix is no condition of an HTTPRoute/,
    /write regex: "a\.\*"/,
  ],
  'a match by the labels of the sender on a gateway': [
    { ...ON_GATEWAY, analysis: { ...MATCHED, match: [{ sourceLabels: { app: 'tester' } }] } },
    /sourceLabels/,
    /route-inexpressible: spec\.analysis\.match\[0\]\.sourceLabels is no condition of an HTTPRoute/,
    /tell requests by uri, method, headers, queryParams/,
  ],
  'one name for both cookies': [
    {
      analysis: {
        stepWeight: 10,
        sessionAffinity: { cookieName: 'shop', primaryCookieName: 'shop' },
      },
    },
    /primaryCookieName: shop/,
    /spec\.analysis\.sessionAffinity\.primaryCookieName is shop, the name of the canary's cookie/,
    /give the two cookies different names/,
  ],
  'a match where there are no routes': [
    { provider: 'kubernetes', analysis: { ...MATCHED, match: [BETA] } },
    /match:/,
    /route-inexpressible: spec\.analysis\.match needs routes/,
    /use spec\.analysis\.iterations alone, or another provider/,
  ],
  'weights where there are no routes': [
    { provider: 'kubernetes', analysis: { stepWeight: 10 } },
    /stepWeight: 10/,
    /route-inexpressible: spec\.analysis\.stepWeight needs routes/,
    /use spec\.analysis\.iterations alone, or another provider/,
  ],
  'a mirror of A/B testing': [
    { analysis: { ...MATCHED, mirror: true, match: [BETA] } },
    /mirror: true/,
    /invalid-strategy: spec\.analysis\.mirror has no part in A\/B testing/,
    /remove mirror, or match/,
  ],
  'a provider that nobody knows': [
    { provider: 'istioo', analysis: { stepWeight: 10 } },
    /provider: istioo/,
    /unknown-provider: spec\.provider is "istioo"/,
    /use one of: istio, gatewayapi:v1, kubernetes/,
  ],
};

function sick(name: string, { provider, service, analysis }: Mistake): string {
  const canary = stringify({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace: 'default' },
    spec: {
      ...(provider === undefined ? {} : { provider }),
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 9080, ...service },
      analysis: { interval: '1m', threshold: 5, ...analysis },
    },
  });
  return `${canary}---\n${aDeploymentFile({ name })}`;
}

/** A canary in order, and others beside it. */
function aSource(others: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  new Remote(folder);
  mkdirSync(join(folder, 'dist'));
  const files = {
    'serin.yaml':
      'source: { folder: dist }\ndelivery: { repository: remote.git, branch: delivery/test }\n' +
      'cluster: { provider: playground, address: "http://127.0.0.1:1" }\n',
    'dist/well.yaml': `${aCanaryFile()}---\n${aDeploymentFile()}`,
    ...Object.fromEntries(Object.entries(others).map(([name, text]) => [`dist/${name}`, text])),
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

/** The problems that were printed: place, message and remedy of each. */
function problemsIn(err: string) {
  const printed = err.matchAll(/^([\w.-]+\.yaml):(\d+):(\d+): (.+)\n {4}(.+)$/gm);
  return [...printed].map(([, file, line, column, message = '', remedy = '']) => ({
    file,
    line: Number(line),
    column: Number(column),
    message,
    remedy,
  }));
}

describe('serin validate', () => {
  it.each(Object.entries(REFUSED))(
    'refuses %s with place, value and remedy, and the canary beside it is in order',
    async (_, [mistake, place, message, remedy]) => {
      const text = sick('sick', mistake);
      const folder = aSource({ 'sick.yaml': text });
      const { code, out, err } = await serin(folder, 'validate', 'dist');
      expect(code).toBe(2);
      expect(out).toMatch(/default\/reviews {2}weights[^]*\n1 valid, \d+ problems/);
      const problems = problemsIn(err);
      const found = problems.find((problem) => message.test(problem.message));
      expect(found, err).toMatchObject({ file: 'sick.yaml' });
      expect(found?.remedy).toMatch(remedy);
      expect(text.split('\n')[(found?.line ?? 0) - 1]).toMatch(place);
      expect(err).not.toContain('well.yaml');
    },
  );

  it('refuses a second canary of one target, and says which is the first', async () => {
    const text = sick('sick', { analysis: { stepWeight: 10 } });
    const rival = text.split('---\n')[0]?.replace('name: sick', 'name: rival') ?? '';
    const folder = aSource({ 'sick.yaml': text, 'rival.yaml': rival });
    const { code, out, err } = await serin(folder, 'validate', 'dist');
    expect(code).toBe(2);
    expect(out).toContain('default/reviews  weights');
    expect(problemsIn(err)).toMatchObject([{ remedy: expect.stringMatching(/./) }]);
    expect(err).toMatch(/target-shared: .*sick/);
  });
});

it('plans what is in order, whatever stands beside it, and tells of each mistake', async () => {
  const others = Object.entries(REFUSED).map(
    ([, [mistake]], index) => [`sick-${index}.yaml`, sick(`sick-${index}`, mistake)] as const,
  );
  const folder = aSource(Object.fromEntries(others));
  const { code, out, err } = await serin(folder, 'plan', '--no-diff');
  expect(code).toBe(2);
  expect(out).toContain('create primary');
  expect(out).toContain('default/reviews: 3 commits, then: revision');
  expect(out).not.toContain('sick');
  const sickFiles = new Set(problemsIn(err).map(({ file }) => file));
  expect(sickFiles).toEqual(new Set(others.map(([name]) => name)));
});
