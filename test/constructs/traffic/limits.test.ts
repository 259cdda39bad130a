import { describe, expect, it } from 'vitest';
import type { CanarySpec, StrategySpec } from '../../../constructs/canary-spec.ts';
import { PropertyError, renderTraffic } from '../../../constructs/index.ts';
import { routeLimits } from '../../../constructs/traffic/traffic.ts';
import { routedSpec } from './routed-spec.ts';

type Service = Partial<CanarySpec['service']>;
type Analysis = Partial<CanarySpec['analysis']>;

const none = { headers: {}, queryParams: {}, sourceLabels: {} };
const ab = (...match: readonly object[]): Analysis => ({
  strategy: {
    kind: 'ab-testing',
    iterations: 1,
    match: match.map((entry) => ({ ...none, ...entry })),
  },
});
const mirroring: StrategySpec = { kind: 'canary', stepWeights: [50], mirror: { percent: 100 } };
const sessionAffinity = {
  cookieName: 'session',
  maxAgeSeconds: 60,
  httpOnly: false,
  secure: false,
  partitioned: false,
};
const gatewayRefs = [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }];

function limitsOf(provider: CanarySpec['provider'], service: Service, analysis: Analysis = {}) {
  return routeLimits(provider, routedSpec(provider, service, analysis)).map(
    ({ field, why, remedy }) => `${field.join('.')} ${why}; ${remedy}`,
  );
}

const WITH_ROUTES = ['istio', 'gatewayapi:v1'] as const;

describe.each(WITH_ROUTES)('%s refuses', (provider) => {
  it.each<[string, Service, Analysis, string]>([
    [
      'a test of requests without a condition',
      {},
      ab({ headers: { a: { exact: '1' } } }, {}),
      'analysis.match.1 has no condition',
    ],
    [
      'two conditions on one header',
      { match: [{ headers: { 'X-Env': { regex: 'a|b' } } }] },
      ab({ headers: { 'x-env': { exact: 'a' } } }),
      'analysis.match.0.headers.x-env and spec.service.match[0] both put a condition',
    ],
    [
      'matches that no request meets',
      { match: [{ headers: { env: { exact: 'prod' } } }] },
      ab({ headers: { env: { exact: 'test' } } }),
      'analysis.match and spec.service.match are met by no request together',
    ],
    [
      'sessions in an A/B test',
      {},
      { ...ab({ headers: { a: { exact: '1' } } }), sessionAffinity },
      'analysis.sessionAffinity keeps sessions to a track, but ab-testing splits none',
    ],
    [
      'sessions in blue/green',
      {},
      { strategy: { kind: 'blue-green', iterations: 1 }, sessionAffinity },
      'analysis.sessionAffinity keeps sessions to a track, but blue-green splits none',
    ],
    [
      'sessions beside a condition on cookies',
      { match: [{ headers: { cookie: { regex: '.*a=1.*' } } }] },
      { sessionAffinity },
      'service.match.0.headers.cookie is a condition on the cookies',
    ],
    [
      'sessions beside cookies of the service',
      { headers: { response: { add: { 'set-cookie': 'a=1' } } } },
      { sessionAffinity },
      'service.headers.response.add changes Set-Cookie',
    ],
  ])('%s', (_, service, analysis, why) => {
    const limits = limitsOf(provider, service, analysis);
    expect(limits).toHaveLength(1);
    expect(limits[0]).toContain(why);
  });

  it('not to leave out a pair of matches that no request meets beside one that some do', () => {
    const service: Service = {
      match: [{ headers: { env: { exact: 'prod' } } }, { headers: { env: { exact: 'test' } } }],
    };
    expect(limitsOf(provider, service, ab({ headers: { env: { exact: 'test' } } }))).toEqual([]);
  });
});

describe('istio refuses', () => {
  it.each<[string, Service, Analysis, string]>([
    ['gatewayRefs', { gatewayRefs }, {}, 'service.gatewayRefs belongs to the Gateway API'],
    ['a time for one attempt', { backendTimeoutMs: 5 }, {}, 'service.backendTimeout belongs'],
    [
      'mirrors of its own',
      { mirrors: [{ group: '', kind: 'Service', name: 'shadow', port: 80 }] },
      {},
      'service.mirror belongs to the Gateway API',
    ],
    [
      'to choose what a rewrite replaces',
      { rewrite: { uri: '/v1', path: 'full' } },
      {},
      'service.rewrite.type belongs',
    ],
    [
      'a delegate with hosts',
      { delegation: true, gateways: [], hosts: ['a.example.com'] },
      {},
      'service.hosts is written although spec.service.delegation is true',
    ],
    [
      'a delegate of connections',
      { delegation: true, gateways: [], hosts: [], appProtocol: 'tcp' },
      {},
      'service.delegation is true, but Istio delegates no TCP routes',
    ],
    [
      'every host in the mesh',
      { hosts: ['*'], gateways: ['mesh', 'public'] },
      {},
      'service.hosts.0 is *',
    ],
    [
      'a host that another covers',
      { hosts: ['*.example.com', 'a.example.com'] },
      {},
      'service.hosts.1 is a.example.com, which *.example.com covers already',
    ],
    [
      'a port by whose name it sees no requests',
      { portName: 'mysql-main' },
      {},
      'service.portName',
    ],
    ['a port that speaks TLS', { appProtocol: 'https' }, {}, 'service.appProtocol tells Istio'],
    [
      'a header with a lone percent sign',
      { headers: { request: { set: { discount: '20%' } } } },
      {},
      'service.headers.request.set.discount is "20%"',
    ],
    [
      'an A/B test of connections',
      { appProtocol: 'TCP' },
      ab({ headers: { a: { exact: '1' } } }),
      'analysis.match speaks of requests',
    ],
    [
      'copies of connections',
      { appProtocol: 'tcp' },
      { strategy: mirroring },
      'analysis.mirror speaks of requests',
    ],
    [
      'sessions of connections',
      { appProtocol: 'tcp' },
      { sessionAffinity },
      'analysis.sessionAffinity speaks of requests',
    ],
    [
      'retries of connections',
      { appProtocol: 'tcp', retries: { attempts: 2 } },
      {},
      'service.retries speaks of requests',
    ],
    [
      'connections by path',
      { appProtocol: 'tcp', match: [{ port: 9080, uri: { prefix: '/' } }] },
      {},
      'service.match.0.uri speaks of requests',
    ],
  ])('%s', (_, service, analysis, why) => {
    const limits = limitsOf('istio', service, analysis);
    expect(limits).toHaveLength(1);
    expect(limits[0]).toContain(why);
  });

  it('no variable and no escaped percent sign', () => {
    const set = { a: '%REQ(x-id)%', b: '20%%', c: '%DOWNSTREAM_REMOTE_ADDRESS%' };
    expect(limitsOf('istio', { headers: { request: { set } } })).toEqual([]);
  });
});

describe('gatewayapi:v1 refuses', () => {
  it.each<[string, Service, Analysis, string]>([
    ['a route without a gateway', { gatewayRefs: [] }, {}, 'service.gatewayRefs names no gateway'],
    [
      'a gateway that is named twice',
      { gatewayRefs: [...gatewayRefs, ...gatewayRefs] },
      {},
      'service.gatewayRefs.1 names the same parent as entry 0',
    ],
    ['gateways of Istio', { gateways: ['mesh'] }, {}, 'service.gateways belongs to Istio'],
    ['delegation', { delegation: true }, {}, 'service.delegation belongs to Istio'],
    ['a traffic policy', { trafficPolicy: { tls: {} } }, {}, 'service.trafficPolicy belongs'],
    ['retries', { retries: { attempts: 1 } }, {}, 'service.retries has no effect'],
    ['connections', { appProtocol: 'tcp' }, {}, 'service.appProtocol is tcp'],
    ['every host', { hosts: ['*'] }, {}, 'service.hosts.0 is *'],
    ['an address for a host', { hosts: ['10.0.0.1'] }, {}, 'service.hosts.0 is 10.0.0.1'],
    [
      'more hosts than a route holds',
      { hosts: Array.from({ length: 17 }, (_, index) => `h${index}.example.com`) },
      {},
      'service.hosts has 17 entries',
    ],
    [
      'a path by its end',
      { match: [{ uri: { suffix: '.html' } }] },
      {},
      'service.match.0.uri.suffix is no condition of an HTTPRoute',
    ],
    [
      'a path that does not begin with a slash',
      { match: [{ uri: { prefix: 'api' } }] },
      {},
      'service.match.0.uri is "api"',
    ],
    [
      'a path that leads upwards',
      { match: [{ uri: { exact: '/a/../b' } }] },
      {},
      'service.match.0.uri is "/a/../b"',
    ],
    [
      'a part of a method',
      { match: [{ method: { prefix: 'P' } }] },
      {},
      'service.match.0.method is {"prefix":"P"}',
    ],
    [
      'the label of a sender',
      { match: [{ sourceLabels: { app: 'a' } }] },
      {},
      'service.match.0.sourceLabels is no condition',
    ],
    [
      'a header by its beginning',
      {},
      ab({ headers: { 'x-canary': { prefix: 'in' } } }),
      'analysis.match.0.headers.x-canary.prefix is no condition of an HTTPRoute, which compares whole values or by regex; write regex: "in.*"',
    ],
    [
      'a test of senders',
      {},
      ab({ sourceLabels: { app: 'tester' } }),
      'analysis.match.0.sourceLabels is no condition of an HTTPRoute',
    ],
    [
      'a test of requests and senders',
      {},
      ab({ headers: { a: { exact: '1' } }, sourceLabels: { app: 'tester' } }),
      'analysis.match.0.sourceLabels is no condition of an HTTPRoute',
    ],
    [
      'a header that is named twice',
      { match: [{ headers: { 'x-a': { exact: '1' }, 'X-A': { exact: '2' } } }] },
      {},
      'service.match.0.headers.X-A is written twice',
    ],
    [
      'an empty value',
      { match: [{ queryParams: { q: { exact: '' } } }] },
      {},
      'service.match.0.queryParams.q has a value of 0 characters',
    ],
    [
      'the expression of an origin',
      { cors: { allowOrigins: [{ regex: 'https://.*' }] } },
      {},
      'service.corsPolicy.allowOrigins.0 is {"regex":"https://.*"}',
    ],
    [
      'any method and another',
      { cors: { allowOrigins: [{ exact: '*' }], allowMethods: ['*', 'GET'] } },
      {},
      'service.corsPolicy.allowMethods holds * beside other entries',
    ],
    [
      'an attempt that lasts longer than all of them',
      { timeoutMs: 1_000, backendTimeoutMs: 2_000 },
      {},
      'service.backendTimeout is longer than spec.service.timeout',
    ],
    [
      'to replace the prefix of a path that has none',
      { rewrite: { uri: '/v1', path: 'matched-prefix' }, match: [{ uri: { exact: '/a' } }] },
      {},
      'service.match.0.uri is no prefix',
    ],
    [
      'to replace a prefix by nothing',
      { rewrite: { authority: 'a.example.com', path: 'matched-prefix' } },
      {},
      'service.rewrite.type is ReplacePrefixMatch, but there is no',
    ],
    [
      'an authority with a port',
      { rewrite: { authority: 'a.example.com:80' } },
      {},
      'service.rewrite.authority is a.example.com:80',
    ],
    [
      'copies to a Service without a port',
      { mirrors: [{ group: '', kind: 'Service', name: 'shadow' }] },
      {},
      'service.mirror.0.backendRef.port is missing',
    ],
    [
      'more matches than a rule holds',
      { match: Array.from({ length: 13 }, (_, at) => ({ uri: { prefix: `/${at}` } })) },
      ab(...Array.from({ length: 5 }, (_, at) => ({ headers: { a: { exact: `${at}` } } }))),
      'analysis.match leads to 2 rules with 78 matches, 65 of them in one rule',
    ],
    [
      'more rules than a route holds',
      {
        rewrite: { uri: '/', path: 'matched-prefix' },
        match: Array.from({ length: 17 }, (_, at) => ({ uri: { prefix: `/${at}` } })),
      },
      {},
      'service.match leads to 17 rules',
    ],
    [
      'timeouts of gRPC',
      { appProtocol: 'grpc', timeoutMs: 5 },
      {},
      'service.timeout cannot be said by a GRPCRoute',
    ],
    [
      'a path that is no method of gRPC',
      { portName: 'grpc', match: [{ uri: { prefix: '/api' } }] },
      {},
      'service.match.0.uri is {"prefix":"/api"}, which names no gRPC service or method',
    ],
    [
      'parameters of gRPC',
      { portName: 'grpc-api', match: [{ queryParams: { q: { exact: '1' } } }] },
      {},
      'service.match.0.queryParams is no condition of a GRPCRoute',
    ],
  ])('%s', (_, service, analysis, why) => {
    const limits = limitsOf('gatewayapi:v1', service, analysis);
    expect(limits).toHaveLength(1);
    expect(limits[0]).toContain(why);
  });

  it('no gRPC that travels as plain HTTP', () => {
    expect(limitsOf('gatewayapi:v1', { portName: 'grpc-web', timeoutMs: 5 })).toEqual([]);
  });
});

describe('kubernetes refuses', () => {
  it.each<[string, Service, Analysis, string]>([
    ['steps', {}, {}, 'analysis.stepWeight needs routes'],
    ['a test', {}, ab({ headers: { a: { exact: '1' } } }), 'analysis.match needs routes'],
  ])('%s', (_, service, analysis, why) => {
    expect(limitsOf('kubernetes', service, analysis)).toEqual([expect.stringContaining(why)]);
  });

  it('everything that only routes can do, each by its name', () => {
    const strategy: StrategySpec = { kind: 'blue-green', iterations: 1, mirror: { percent: 100 } };
    const service = { hosts: ['a.example.com'], match: [{}], timeoutMs: 5 };
    const limits = limitsOf('kubernetes', service, { strategy, sessionAffinity });
    expect(limits.map((limit) => limit.split(' ', 1)[0])).toEqual([
      'analysis.mirror',
      'analysis.sessionAffinity',
      'service.hosts',
      'service.match',
      'service.timeout',
    ]);
  });

  it('nothing of blue/green', () => {
    const strategy: StrategySpec = { kind: 'blue-green', iterations: 1 };
    const service = { portDiscovery: true, headless: true };
    expect(limitsOf('kubernetes', service, { strategy })).toEqual([]);
  });
});

describe('a construct', () => {
  const selectorLabel = { key: 'app', value: 'reviews' };
  const state = { weights: { primary: 100, canary: 0 }, mirrored: false };

  it('throws what its provider cannot do', () => {
    const spec = routedSpec('gatewayapi:v1', { retries: { attempts: 1 } }, {});
    expect(() => renderTraffic({ spec, state, selectorLabel })).toThrow(PropertyError);
    expect(() => renderTraffic({ spec, state, selectorLabel })).toThrow(/service\.retries/);
  });

  it('throws for a provider that nobody knows, and lists the known ones', () => {
    const spec = routedSpec('nginx' as 'istio', {}, {});
    expect(() => renderTraffic({ spec, state, selectorLabel })).toThrow(
      /"nginx".* istio, gatewayapi:v1, kubernetes/,
    );
  });

  it('throws for traffic that Services cannot move', () => {
    const strategy: StrategySpec = { kind: 'blue-green', iterations: 1 };
    const spec = routedSpec('kubernetes', {}, { strategy });
    const moved = { weights: { primary: 0, canary: 100 }, mirrored: false };
    expect(() => renderTraffic({ spec, state: moved, selectorLabel })).toThrow(/cannot split/);
    expect(renderTraffic({ spec, state, selectorLabel }).map(({ kind }) => kind)).toEqual([
      'Service',
      'Service',
      'Service',
    ]);
  });
});
