import { describe, expect, it } from 'vitest';
import { loadRoutes, routeProblems } from './routes.ts';

function serviceOf(service: object, provider?: string) {
  const loaded = loadRoutes({ service, ...(provider === undefined ? {} : { provider }) });
  expect(loaded.problems).toEqual([]);
  return loaded.canaries[0]?.spec.service;
}

describe('a written service', () => {
  it('has the defaults of Flagger', () => {
    expect(serviceOf({})).toEqual({
      name: 'reviews',
      port: 9080,
      portName: 'http',
      targetPort: 9080,
      gateways: ['mesh'],
      hosts: ['reviews'],
    });
  });

  it.each([
    [{ hosts: ['a.example.com'] }, ['a.example.com', 'reviews']],
    [{ hosts: ['reviews', 'b.example.com'] }, ['reviews', 'b.example.com']],
    [{ hosts: ['*'], gateways: ['infra/public'] }, ['*']],
  ])('of Istio has the apex among its hosts: %j', (service, hosts) => {
    expect(serviceOf(service)?.hosts).toEqual(hosts);
  });

  it('of the Gateway API has the hosts and gateways that are written, and no others', () => {
    const service = { gatewayRefs: [{ name: 'public', namespace: 'infra' }] };
    expect(serviceOf(service, 'gatewayapi:v1')).toMatchObject({
      gateways: [],
      hosts: [],
      gatewayRefs: [
        {
          group: 'gateway.networking.k8s.io',
          kind: 'Gateway',
          name: 'public',
          namespace: 'infra',
        },
      ],
    });
  });

  it('of the old version of the Gateway API is one of the new', () => {
    const { canaries } = loadRoutes({
      provider: 'gatewayapi:v1beta1',
      service: { gatewayRefs: [{ name: 'public' }] },
    });
    expect(canaries[0]?.spec.provider).toBe('gatewayapi:v1');
  });

  it('that delegates has neither hosts nor gateways', () => {
    expect(serviceOf({ delegation: true })).toMatchObject({ hosts: [], gateways: [] });
  });

  it('says durations in milliseconds, whatever their unit', () => {
    const service = {
      timeout: '1m30s',
      retries: { attempts: 3, perTryTimeout: '1.5s', retryOn: 'gateway-error,503' },
      corsPolicy: { allowOrigin: ['https://a.example.com'], maxAge: '24h' },
    };
    expect(serviceOf(service)).toMatchObject({
      timeoutMs: 90_000,
      retries: { attempts: 3, perTryTimeoutMs: 1_500, retryOn: 'gateway-error,503' },
      cors: { allowOrigins: [{ exact: 'https://a.example.com' }], maxAgeSeconds: 86_400 },
    });
  });

  it('leaves out what is empty', () => {
    const empty = { match: [], headers: {}, mirror: [], corsPolicy: {}, trafficPolicy: {} };
    expect(serviceOf(empty)).toEqual(serviceOf({}));
  });

  it('leaves keys to others that it does not set itself', () => {
    const unmanagedMetadata = { labels: ['team'], annotations: ['example.com/owner'] };
    expect(serviceOf({ unmanagedMetadata, apex: { labels: { tier: 'web' } } })?.metadata).toEqual({
      apex: { labels: { tier: 'web' } },
    });
  });
});

describe('a service that Kubernetes or a proxy would refuse is refused before:', () => {
  it.each<[string, object, string]>([
    ['a port beyond the last one', { port: 65_536 }, 'spec.service.port is 65536'],
    ['a name for a port that is none', { portName: 'Http' }, 'spec.service.portName is "Http"'],
    [
      'a port of containers with a long name',
      { targetPort: 'a-very-long-port-name' },
      'at most 15 lower case letters',
    ],
    ['a port of containers in quotes', { targetPort: '8080' }, 'spec.service.targetPort is "8080"'],
    ['a protocol that is no name', { appProtocol: 'h2c!' }, 'spec.service.appProtocol is "h2c!"'],
    [
      'a distribution that nobody knows',
      { trafficDistribution: 'PreferFar' },
      'spec.service.trafficDistribution',
    ],
    ['a label with a space', { apex: { labels: { team: 'a b' } } }, 'apex.labels.team is "a b"'],
    ['a label whose key is none', { canary: { labels: { 'a b': 'c' } } }, 'its key must be a name'],
    [
      'an annotation whose key has two slashes',
      { primary: { annotations: { 'a/b/c': 'd' } } },
      'its key must be a name',
    ],
    ['a gateway with two slashes', { gateways: ['a/b/c'] }, 'spec.service.gateways[0]'],
    ['a host with a path', { hosts: ['a.example.com/x'] }, 'spec.service.hosts[0]'],
    ['a timeout of nothing', { timeout: '0s' }, '0s is not a duration'],
    [
      'retries that are off and say how',
      { retries: { attempts: 0, retryOn: '5xx' } },
      'turns retries off',
    ],
    [
      'a cause of retries that Envoy does not know',
      { retries: { attempts: 1, retryOn: 'gateway-error, 5xx' } },
      'without spaces',
    ],
    [
      'a header with a colon in its name',
      { headers: { request: { add: { 'x:y': '1' } } } },
      'its key must be the name of a header',
    ],
    [
      'a header whose value ends a line',
      { headers: { response: { set: { x: 'a\nb' } } } },
      'no control characters',
    ],
    [
      'a match without a kind',
      { match: [{ uri: {} }] },
      'spec.service.match[0].uri is {}: it must have exactly one of',
    ],
    [
      'a match of two kinds',
      { match: [{ uri: { exact: '/', prefix: '/' } }] },
      'it must have exactly one of',
    ],
    ['a prefix that everything has', { match: [{ uri: { prefix: '' } }] }, 'match[0].uri.prefix'],
    [
      'an expression that a proxy cannot read',
      { match: [{ headers: { x: { regex: 'a(?=b)' } } }] },
      'spec.service.match[0].headers.x.regex is "a(?=b)": is no expression of RE2',
    ],
    [
      'an expression that is longer than a proxy takes it',
      { match: [{ uri: { regex: 'a'.repeat(1_025) } }] },
      'match[0].uri.regex',
    ],
    [
      'a condition that nobody knows',
      { match: [{ heders: { x: { exact: '1' } } }] },
      'did you mean headers?',
    ],
    ['a rewrite to nothing', { rewrite: {} }, 'it has no uri and no authority'],
    [
      'two lists of origins',
      { corsPolicy: { allowOrigin: ['a'], allowOrigins: [{ exact: 'a' }] } },
      'keep the second',
    ],
    ['an age of half a second', { corsPolicy: { maxAge: '500ms' } }, 'must be whole seconds'],
    ['a method that is none', { corsPolicy: { allowMethods: ['get'] } }, 'allowMethods[0]'],
    [
      'a policy that Istio does not know',
      { trafficPolicy: { outlierDetection: { consecutiveErors: 3 } } },
      'did you mean consecutiveErrors?',
    ],
    [
      'a policy with two ways to balance',
      {
        trafficPolicy: {
          loadBalancer: { simple: 'RANDOM', consistentHash: { useSourceIp: true } },
        },
      },
      'keep one of them',
    ],
    [
      'a key that others are said to set',
      { apex: { labels: { team: 'a' } }, unmanagedMetadata: { labels: ['team'] } },
      'spec.service.apex.labels.team is set although',
    ],
    ['App Mesh', { meshName: 'global' }, 'spec.service.meshName is not supported'],
  ])('%s', (_, service, why) => {
    const problems = routeProblems({ service });
    expect(problems.join('\n')).toContain(why);
    expect(problems).toHaveLength(1);
  });

  it('a Service that would begin with a digit', () => {
    expect(routeProblems({ target: '2048' })).toEqual([
      expect.stringContaining('spec.targetRef.name is 2048, and no Service can be named so'),
    ]);
    expect(routeProblems({ target: '2048', service: { name: 'game' } })).toEqual([]);
  });

  it('all of it at once', () => {
    const service = { port: 0, portName: 'A', retries: { attempts: -1 } };
    expect(routeProblems({ service, provider: 'nginx' })).toHaveLength(4);
  });
});

describe('session affinity', () => {
  const problems = (sessionAffinity: object, analysis: object = {}) =>
    routeProblems({ analysis: { ...analysis, sessionAffinity } }).join('\n');

  it('is read with its defaults', () => {
    const analysis = { sessionAffinity: { cookieName: 'session', path: '/', secure: true } };
    const { canaries } = loadRoutes({ analysis });
    expect(canaries[0]?.spec.analysis.sessionAffinity).toEqual({
      cookieName: 'session',
      maxAgeSeconds: 86_400,
      path: '/',
      httpOnly: false,
      secure: true,
      partitioned: false,
    });
  });

  it.each<[string, object, string]>([
    ['no cookie', {}, 'spec.analysis.sessionAffinity.cookieName is missing'],
    ['a name that no cookie has', { cookieName: 'a b' }, 'must be the name of a cookie'],
    ['an age of nothing', { cookieName: 'a', maxAge: 0 }, 'sessionAffinity.maxAge is 0'],
    ['a path that ends the attribute', { cookieName: 'a', path: '/; x' }, 'sessionAffinity.path'],
    ['a domain with a space', { cookieName: 'a', domain: 'a b' }, 'sessionAffinity.domain'],
    ['what browsers drop', { cookieName: 'a', sameSite: 'None' }, 'unless secure is true'],
    ['what browsers drop, too', { cookieName: 'a', partitioned: true }, 'unless secure is true'],
    [
      'one name for two cookies',
      { cookieName: 'a', primaryCookieName: 'a' },
      "spec.analysis.sessionAffinity.primaryCookieName is a, the name of the canary's cookie",
    ],
  ])('is refused with %s', (_, sessionAffinity, why) => {
    expect(problems(sessionAffinity)).toContain(why);
  });
});
