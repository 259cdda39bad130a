import { z } from 'zod';
import { parseDurationMs } from '../duration.ts';
import { DnsLabel, Port } from './fields.ts';

/**
 * `spec.service.trafficPolicy`: Istio's TrafficPolicy, handed to the DestinationRules as it is. Its
 * fields are known by name, because a server would take unknown ones out without a word.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#TrafficPolicy
 */

const isDuration = (text: string) => (parseDurationMs(text) ?? 0) >= 1;
const Span = z.string().refine(isDuration, 'must be a duration such as 30s, of at least 1ms');
const SpanOrOff = z
  .string()
  .refine((text) => text === '0s' || isDuration(text), 'must be a duration such as 30s, or 0s');
const Count = z.number().int().min(0).max(2_147_483_647);
const Percent = z.number().int().min(0).max(100);
const Text = z.string().min(1);

function partial<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).partial();
}

const ConnectionPool = partial({
  http: partial({
    h2UpgradePolicy: z.enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']),
    http1MaxPendingRequests: Count,
    http2KeepAlive: z.strictObject({ interval: Span, timeout: Span }),
    http2MaxRequests: Count,
    idleTimeout: Span,
    maxConcurrentStreams: Count,
    maxRequestsPerConnection: Count,
    maxRetries: Count,
    useClientProtocol: z.boolean(),
  }).refine(
    ({ h2UpgradePolicy, useClientProtocol }) =>
      h2UpgradePolicy !== 'UPGRADE' || useClientProtocol !== true,
    'h2UpgradePolicy is UPGRADE and useClientProtocol is true: keep one of them',
  ),
  tcp: partial({
    connectTimeout: Span,
    idleTimeout: SpanOrOff,
    maxConnectionDuration: Span,
    maxConnections: Count,
    tcpKeepalive: partial({ interval: Span, probes: Count, time: Span }),
  }),
}).refine(({ http, tcp }) => (http ?? tcp) !== undefined, 'it has neither http nor tcp');

const Failovers = z.array(z.strictObject({ from: Text, to: Text }));

const ConsistentHash = partial({
  httpCookie: z.strictObject({
    name: Text,
    path: z.string().optional(),
    ttl: z.string().optional(),
    attributes: z.array(z.strictObject({ name: Text, value: z.string().optional() })).optional(),
  }),
  httpHeaderName: Text,
  httpQueryParameterName: Text,
  useSourceIp: z.boolean(),
  maglev: z.strictObject({ tableSize: z.number().int().min(1).max(5_000_010) }),
  minimumRingSize: Count,
  ringHash: partial({ minimumRingSize: Count }),
}).refine(
  ({ httpCookie, httpHeaderName, httpQueryParameterName, useSourceIp }) =>
    [httpCookie, httpHeaderName, httpQueryParameterName, useSourceIp].filter(
      (value) => value !== undefined,
    ).length === 1,
  'it needs exactly one of httpCookie, httpHeaderName, httpQueryParameterName and useSourceIp',
);

const LoadBalancer = partial({
  consistentHash: ConsistentHash,
  localityLbSetting: partial({
    distribute: z.array(z.strictObject({ from: Text, to: z.record(z.string(), Percent) })),
    enabled: z.boolean(),
    failover: Failovers,
    failoverPriority: z.array(Text),
  }),
  simple: z.enum([
    'UNSPECIFIED',
    'LEAST_CONN',
    'RANDOM',
    'PASSTHROUGH',
    'ROUND_ROBIN',
    'LEAST_REQUEST',
  ]),
  warmup: z.strictObject({
    duration: Span,
    aggression: z.number().min(1).optional(),
    minimumPercent: Percent.optional(),
  }),
  warmupDurationSecs: Span,
}).refine(
  ({ simple, consistentHash }) => simple === undefined || consistentHash === undefined,
  'simple and consistentHash are both written: keep one of them',
);

const OutlierDetection = partial({
  baseEjectionTime: Span,
  consecutive5xxErrors: Count,
  consecutiveErrors: Count,
  consecutiveGatewayErrors: Count,
  consecutiveLocalOriginFailures: Count,
  interval: Span,
  maxEjectionPercent: Percent,
  minHealthPercent: Percent,
  splitExternalLocalOriginErrors: z.boolean(),
}).refine(
  ({ consecutiveLocalOriginFailures = 0, splitExternalLocalOriginErrors }) =>
    consecutiveLocalOriginFailures === 0 || splitExternalLocalOriginErrors === true,
  'consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors: true',
);

const Tls = z.strictObject({
  mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']).optional(),
  caCertificates: Text.optional(),
  caCrl: Text.optional(),
  clientCertificate: Text.optional(),
  credentialName: DnsLabel.optional(),
  insecureSkipVerify: z.boolean().optional(),
  privateKey: Text.optional(),
  sni: Text.optional(),
  subjectAltNames: z.array(Text).optional(),
});

const POLICIES = {
  connectionPool: ConnectionPool,
  loadBalancer: LoadBalancer,
  outlierDetection: OutlierDetection,
  tls: Tls,
};

export const TrafficPolicyFile = partial({
  ...POLICIES,
  portLevelSettings: z.array(
    z.strictObject({ port: z.strictObject({ number: Port }) }).extend(partial(POLICIES).shape),
  ),
  proxyProtocol: partial({ version: z.enum(['V1', 'V2']) }),
  retryBudget: partial({
    budgetInterval: Span,
    minRetryConcurrency: Count,
    percent: z.number().min(0).max(100),
  }),
  tunnel: z.strictObject({ protocol: Text.optional(), targetHost: Text, targetPort: Port }),
});
