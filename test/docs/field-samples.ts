/**
 * For each field of Flagger's three kinds a value that people could write there, and what must stand
 * beside it to make sense. `docs/flagger-compatibility.md` says of each what becomes of it.
 */
export interface FieldSample {
  readonly value: unknown;
  /** Other fields of the same object; `undefined` takes one away. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

const GATEWAY = {
  'spec.provider': 'gatewayapi:v1',
  'spec.service.gatewayRefs': [{ name: 'public', namespace: 'infra' }],
};
const BLUE_GREEN = { 'spec.analysis.stepWeight': undefined, 'spec.analysis.iterations': 5 };
const COOKIE = { 'spec.analysis.sessionAffinity.cookieName': 'flagger' };
const AUTOSCALER = {
  'spec.autoscalerRef': {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    name: 'reviews',
  },
};
const SCALED_OBJECT = {
  'spec.autoscalerRef': { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'reviews' },
};
const VARIABLES = { 'spec.analysis.metrics[].templateVariables': { region: 'south' } };
const WEBHOOK = { 'spec.analysis.webhooks': [{ name: 'load', url: 'http://tester/' }] };
const REWRITE = { 'spec.service.rewrite.uri': '/v2' };
const MATCH = [{ headers: { 'x-beta': { exact: 'always' } } }];
const QUERY = 'sum(rate(orders_failed_total{app="{{ target }}"}[{{ interval }}]))';

export const FIELD_SAMPLES: Readonly<Record<string, FieldSample>> = {
  'Canary spec.provider': { value: 'kubernetes', beside: BLUE_GREEN },
  'Canary spec.metricsServer': { value: 'http://prometheus.shop:9090' },
  'Canary spec.progressDeadlineSeconds': { value: 120 },
  'Canary spec.skipAnalysis': { value: true },
  'Canary spec.revertOnDeletion': { value: true },
  'Canary spec.suspend': { value: true },
  'Canary spec.targetRef.apiVersion': {
    value: 'v1',
    beside: { 'spec.targetRef.kind': 'Service', 'spec.targetRef.name': 'catalog' },
  },
  'Canary spec.targetRef.kind': {
    value: 'DaemonSet',
    beside: { 'spec.targetRef.name': 'collector' },
  },
  'Canary spec.targetRef.name': { value: 'ratings' },
  'Canary spec.autoscalerRef.apiVersion': {
    value: 'autoscaling/v2',
    beside: { 'spec.autoscalerRef': { kind: 'HorizontalPodAutoscaler', name: 'reviews' } },
  },
  'Canary spec.autoscalerRef.kind': {
    value: 'ScaledObject',
    beside: { 'spec.autoscalerRef': { apiVersion: 'keda.sh/v1alpha1', name: 'reviews' } },
  },
  'Canary spec.autoscalerRef.name': {
    value: 'reviews',
    beside: {
      'spec.autoscalerRef': { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
    },
  },
  'Canary spec.autoscalerRef.primaryScalerQueries': {
    value: { prometheus: 'sum(rate(requests_total{app="reviews-primary"}[1m]))' },
    beside: SCALED_OBJECT,
  },
  'Canary spec.autoscalerRef.primaryScalerReplicas.minReplicas': { value: 3, beside: AUTOSCALER },
  'Canary spec.autoscalerRef.primaryScalerReplicas.maxReplicas': { value: 30, beside: AUTOSCALER },
  'Canary spec.ingressRef.apiVersion': { value: 'networking.k8s.io/v1' },
  'Canary spec.ingressRef.kind': { value: 'Ingress' },
  'Canary spec.ingressRef.name': { value: 'reviews' },
  'Canary spec.routeRef.apiVersion': { value: 'apisix.apache.org/v2' },
  'Canary spec.routeRef.kind': { value: 'ApisixRoute' },
  'Canary spec.routeRef.name': { value: 'reviews' },
  'Canary spec.upstreamRef.apiVersion': { value: 'gloo.solo.io/v1' },
  'Canary spec.upstreamRef.kind': { value: 'Upstream' },
  'Canary spec.upstreamRef.name': { value: 'reviews' },
  'Canary spec.upstreamRef.namespace': { value: 'gloo-system' },

  'Canary spec.service.name': { value: 'reviews-public' },
  'Canary spec.service.port': { value: 80 },
  'Canary spec.service.portName': { value: 'http-web' },
  'Canary spec.service.targetPort': { value: 'web' },
  'Canary spec.service.appProtocol': { value: 'grpc' },
  'Canary spec.service.trafficDistribution': { value: 'PreferClose' },
  'Canary spec.service.portDiscovery': { value: true },
  'Canary spec.service.headless': { value: true },
  'Canary spec.service.timeout': { value: '15s' },
  'Canary spec.service.backendTimeout': { value: '5s', beside: GATEWAY },
  'Canary spec.service.gateways[]': { value: 'infra/public' },
  'Canary spec.service.gatewayRefs[].group': { value: 'gateway.example.com', beside: GATEWAY },
  'Canary spec.service.gatewayRefs[].kind': { value: 'Mesh', beside: GATEWAY },
  'Canary spec.service.gatewayRefs[].name': { value: 'internal', beside: GATEWAY },
  'Canary spec.service.gatewayRefs[].namespace': { value: 'gateways', beside: GATEWAY },
  'Canary spec.service.gatewayRefs[].sectionName': { value: 'https', beside: GATEWAY },
  'Canary spec.service.gatewayRefs[].port': { value: 8443, beside: GATEWAY },
  'Canary spec.service.hosts[]': { value: 'reviews.example.com' },
  'Canary spec.service.delegation': { value: true },
  'Canary spec.service.trafficPolicy': { value: { tls: { mode: 'ISTIO_MUTUAL' } } },
  'Canary spec.service.match[]': { value: { uri: { prefix: '/reviews' } } },
  'Canary spec.service.rewrite.uri': { value: '/v2' },
  'Canary spec.service.rewrite.authority': { value: 'reviews.example.com' },
  'Canary spec.service.rewrite.type': {
    value: 'ReplacePrefixMatch',
    beside: { ...GATEWAY, ...REWRITE, 'spec.service.match': [{ uri: { prefix: '/reviews' } }] },
  },
  'Canary spec.service.retries.attempts': { value: 3 },
  'Canary spec.service.retries.perTryTimeout': {
    value: '1s',
    beside: { 'spec.service.retries.attempts': 3 },
  },
  'Canary spec.service.retries.retryOn': {
    value: 'gateway-error',
    beside: { 'spec.service.retries.attempts': 3 },
  },
  'Canary spec.service.headers.request.add': { value: { 'x-route': 'reviews' } },
  'Canary spec.service.headers.request.set': { value: { 'x-route': 'reviews' } },
  'Canary spec.service.headers.request.remove[]': { value: 'x-debug' },
  'Canary spec.service.headers.response.add': { value: { 'x-route': 'reviews' } },
  'Canary spec.service.headers.response.set': { value: { 'x-route': 'reviews' } },
  'Canary spec.service.headers.response.remove[]': { value: 'server' },
  'Canary spec.service.mirror[]': {
    value: { backendRef: { name: 'recorder', port: 80 } },
    beside: GATEWAY,
  },
  'Canary spec.service.corsPolicy': { value: { allowMethods: ['GET'] } },
  'Canary spec.service.meshName': { value: 'global' },
  'Canary spec.service.backends[]': { value: 'recorder' },
  'Canary spec.service.apex.labels': { value: { team: 'books' } },
  'Canary spec.service.apex.annotations': { value: { team: 'books' } },
  'Canary spec.service.primary.labels': { value: { team: 'books' } },
  'Canary spec.service.primary.annotations': { value: { team: 'books' } },
  'Canary spec.service.canary.labels': { value: { team: 'books' } },
  'Canary spec.service.canary.annotations': { value: { team: 'books' } },
  'Canary spec.service.unmanagedMetadata.labels[]': { value: 'team' },
  'Canary spec.service.unmanagedMetadata.annotations[]': { value: 'team' },

  'Canary spec.analysis.interval': { value: '30s' },
  'Canary spec.analysis.threshold': { value: 7 },
  'Canary spec.analysis.maxWeight': { value: 60 },
  'Canary spec.analysis.stepWeight': { value: 20 },
  'Canary spec.analysis.stepWeights[]': {
    value: 25,
    beside: { 'spec.analysis.stepWeight': undefined },
  },
  'Canary spec.analysis.stepWeightPromotion': { value: 50 },
  'Canary spec.analysis.iterations': {
    value: 5,
    beside: { 'spec.analysis.stepWeight': undefined },
  },
  'Canary spec.analysis.match[]': { value: MATCH[0], beside: BLUE_GREEN },
  'Canary spec.analysis.mirror': { value: true },
  'Canary spec.analysis.mirrorWeight': { value: 30, beside: { 'spec.analysis.mirror': true } },
  'Canary spec.analysis.primaryReadyThreshold': { value: 50 },
  'Canary spec.analysis.canaryReadyThreshold': { value: 50 },
  'Canary spec.analysis.sessionAffinity.cookieName': { value: 'flagger' },
  'Canary spec.analysis.sessionAffinity.primaryCookieName': { value: 'stable', beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.maxAge': { value: 3_600, beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.domain': { value: 'example.com', beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.path': { value: '/reviews', beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.sameSite': { value: 'Lax', beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.httpOnly': { value: true, beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.secure': { value: true, beside: COOKIE },
  'Canary spec.analysis.sessionAffinity.partitioned': {
    value: true,
    beside: { ...COOKIE, 'spec.analysis.sessionAffinity.secure': true },
  },

  'Canary spec.analysis.metrics[].name': { value: 'request-duration' },
  'Canary spec.analysis.metrics[].interval': { value: '30s' },
  'Canary spec.analysis.metrics[].threshold': {
    value: 95,
    beside: { 'spec.analysis.metrics[].thresholdRange': undefined },
  },
  'Canary spec.analysis.metrics[].thresholdRange.min': { value: 95 },
  'Canary spec.analysis.metrics[].thresholdRange.max': { value: 100 },
  'Canary spec.analysis.metrics[].query': {
    value: QUERY,
    beside: { 'spec.analysis.metrics[].name': 'failed orders' },
  },
  'Canary spec.analysis.metrics[].templateRef.name': { value: 'orders', beside: VARIABLES },
  'Canary spec.analysis.metrics[].templateRef.namespace': {
    value: 'shared',
    beside: { ...VARIABLES, 'spec.analysis.metrics[].templateRef.name': 'orders' },
  },
  'Canary spec.analysis.metrics[].templateVariables': {
    value: { region: 'north' },
    beside: { 'spec.analysis.metrics[].templateRef.name': 'orders' },
  },

  'Canary spec.analysis.webhooks[].name': { value: 'smoke', beside: WEBHOOK },
  'Canary spec.analysis.webhooks[].type': { value: 'pre-rollout', beside: WEBHOOK },
  'Canary spec.analysis.webhooks[].url': { value: 'http://gate/', beside: WEBHOOK },
  'Canary spec.analysis.webhooks[].timeout': { value: '5s', beside: WEBHOOK },
  'Canary spec.analysis.webhooks[].retries': { value: 3, beside: WEBHOOK },
  'Canary spec.analysis.webhooks[].muteAlert': {
    value: true,
    beside: {
      ...WEBHOOK,
      'spec.analysis.webhooks[].type': 'event',
    },
  },
  'Canary spec.analysis.webhooks[].disableTLS': {
    value: true,
    beside: { 'spec.analysis.webhooks': [{ name: 'load', url: 'https://tester/' }] },
  },
  'Canary spec.analysis.webhooks[].metadata': { value: { cmd: 'hey' }, beside: WEBHOOK },

  'Canary spec.analysis.alerts[].name': { value: 'books' },
  'Canary spec.analysis.alerts[].severity': { value: 'error' },
  'Canary spec.analysis.alerts[].providerRef.name': { value: 'others' },
  'Canary spec.analysis.alerts[].providerRef.namespace': { value: 'shared' },

  'MetricTemplate spec.provider.type': {
    value: 'graphite',
    beside: { 'spec.provider.address': 'http://graphite:8080' },
  },
  'MetricTemplate spec.provider.address': { value: 'http://thanos.shop:9090' },
  'MetricTemplate spec.provider.headers': { value: { 'X-Scope-OrgID': ['books'] } },
  'MetricTemplate spec.provider.secretRef.name': { value: 'metrics-password' },
  'MetricTemplate spec.provider.region': {
    value: 'eu-north-1',
    beside: {
      'spec.provider.type': 'cloudwatch',
      'spec.query': '[{"Id": "e1", "Expression": "1"}]',
    },
  },
  'MetricTemplate spec.provider.insecureSkipVerify': { value: true },
  'MetricTemplate spec.query': { value: QUERY },

  'AlertProvider spec.type': { value: 'discord' },
  'AlertProvider spec.channel': { value: 'books' },
  'AlertProvider spec.username': { value: 'serin' },
  'AlertProvider spec.address': {
    value: 'https://hooks.example.com/2',
    beside: { 'spec.secretRef': undefined },
  },
  'AlertProvider spec.proxy': { value: 'http://proxy.example.com:3128' },
  'AlertProvider spec.secretRef.name': {
    value: 'chat-address',
    beside: { 'spec.address': undefined },
  },
};
