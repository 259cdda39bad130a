import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Component } from './component.ts';
import { ADMIN, apply } from './control-plane.ts';
import { binary, NODE_IP, STATE } from './surroundings.ts';

export const PROMETHEUS = 'http://127.0.0.1:9090';
/** Envoy's admin page: its route table and counters are what the tests believe. */
export const SIDECAR_ADMIN = 'http://127.0.0.1:15000';
export const GATEWAY_ADMIN = 'http://127.0.0.1:15100';
export const ISTIOD = 'http://127.0.0.1:8080';
/** Where the ingress gateway listens. */
export const GATEWAY = 'http://127.0.0.1:8081';

export interface Mesh {
  readonly istiod: Component;
  /** The proxy of a client inside the mesh. */
  readonly sidecar: Component;
  readonly gateway: Component;
  readonly prometheus: Component;
}

/** What istiod is told by objects; a cluster that is made anew needs them again. */
export function applyMeshObjects(): void {
  apply(...MESH_OBJECTS);
}

/** istiod, two proxies it configures, and the Prometheus that scrapes them. */
export async function startMesh(): Promise<Mesh> {
  applyMeshObjects();
  const mesh = {
    istiod: new Component(istiodOptions()),
    sidecar: new Component(envoyOptions('sidecar')),
    gateway: new Component(envoyOptions('gateway')),
    prometheus: new Component(prometheusOptions()),
  };
  await mesh.istiod.start();
  await Promise.all([mesh.sidecar.start(), mesh.gateway.start(), mesh.prometheus.start()]);
  return mesh;
}

const GATEWAY_LABELS = { istio: 'ingressgateway' };

/** istiod sends the workload of every endpoint; the access logger counts requests by it. */
const COUNT_REQUESTS = {
  name: 'envoy.access_loggers.stats',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config',
    stat_prefix: 'istio',
    counters: [
      {
        stat: {
          name: 'requests_total',
          tags: [
            { name: 'response_code', value_format: '%RESPONSE_CODE%' },
            { name: 'workload', value_format: '%METADATA(UPSTREAM_HOST:istio:workload)%' },
            { name: 'upstream_cluster', value_format: '%UPSTREAM_CLUSTER_RAW%' },
          ],
        },
        value_fixed: 1,
      },
    ],
    histograms: [
      {
        stat: {
          name: 'request_duration_milliseconds',
          tags: [
            { name: 'response_code', value_format: '%RESPONSE_CODE%' },
            { name: 'workload', value_format: '%METADATA(UPSTREAM_HOST:istio:workload)%' },
          ],
        },
        unit: 'Milliseconds',
        value_format: '%DURATION%',
      },
    ],
  },
};

const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager';

const MESH_OBJECTS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } },
  {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'request-stats', namespace: 'istio-system' },
    spec: {
      configPatches: [
        {
          applyTo: 'NETWORK_FILTER',
          match: { listener: { filterChain: { filter: { name: HTTP_MANAGER } } } },
          patch: {
            operation: 'MERGE',
            value: {
              typed_config: {
                '@type': `type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                access_log: [COUNT_REQUESTS],
              },
            },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public', namespace: 'istio-system' },
    spec: {
      selector: GATEWAY_LABELS,
      servers: [{ port: { number: 8081, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  },
];

function istiodOptions() {
  const meshConfig = join(STATE, 'mesh.yaml');
  writeFileSync(meshConfig, stringify({ enableAutoMtls: false }));
  return {
    name: 'istiod',
    command: binary('pilot-discovery'),
    args: [
      'discovery',
      '--kubeconfig',
      ADMIN,
      '--meshConfig',
      meshConfig,
      '--grpcAddr',
      '127.0.0.1:15010',
      '--httpAddr',
      '127.0.0.1:8080',
      '--httpsAddr',
      '',
      '--secureGRPCAddr',
      '',
      '--monitoringAddr',
      '127.0.0.1:15014',
      '--ctrlz_address',
      '127.0.0.1',
    ],
    env: {
      POD_NAMESPACE: 'istio-system',
      POD_NAME: 'istiod-0',
      REVISION: 'default',
      // What a proxy that is not Istio's own build cannot load.
      PILOT_ENABLE_METADATA_EXCHANGE: 'false',
      PILOT_ENABLE_ALPN_FILTER: 'false',
      PILOT_DEBOUNCE_AFTER: '10ms',
    },
    readyUrl: `${ISTIOD}/ready`,
  };
}

type Role = 'sidecar' | 'gateway';

const ROLES = {
  sidecar: {
    id: `sidecar~${NODE_IP}~client-0.clients~clients.svc.cluster.local`,
    namespace: 'clients',
    labels: { app: 'client' },
    adminPort: 15000,
  },
  gateway: {
    id: `router~10.88.0.2~gateway-0.istio-system~istio-system.svc.cluster.local`,
    namespace: 'istio-system',
    labels: GATEWAY_LABELS,
    adminPort: 15100,
  },
};

function envoyOptions(role: Role) {
  const { adminPort } = ROLES[role];
  const file = join(STATE, `${role}.json`);
  writeFileSync(file, JSON.stringify(bootstrap(role)));
  return {
    name: role,
    command: binary('envoy'),
    args: ['-c', file, '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warning'],
    readyUrl: `http://127.0.0.1:${adminPort}/ready`,
  };
}

function bootstrap(role: Role): object {
  const { id, namespace, labels, adminPort } = ROLES[role];
  const xds = { ads: {}, resource_api_version: 'V3' };
  return {
    node: {
      id,
      cluster: role,
      metadata: {
        NAMESPACE: namespace,
        LABELS: labels,
        CLUSTER_ID: 'Kubernetes',
        INTERCEPTION_MODE: 'NONE',
        ISTIO_VERSION: '1.31.0',
        PROXY_CONFIG: {},
      },
    },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
    dynamic_resources: {
      lds_config: xds,
      cds_config: xds,
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
    },
    static_resources: { clusters: [XDS_CLUSTER] },
    stats_flush_interval: '1s',
    stats_config: { use_all_default_tags: false, stats_tags: STATS_TAGS },
  };
}

const XDS_CLUSTER = {
  name: 'xds-grpc',
  type: 'STATIC',
  connect_timeout: '1s',
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
  load_assignment: {
    cluster_name: 'xds-grpc',
    endpoints: [
      {
        lb_endpoints: [
          {
            endpoint: {
              address: { socket_address: { address: '127.0.0.1', port_value: 15010 } },
            },
          },
        ],
      },
    ],
  },
};

/** istiod ends the names of its statistics with a semicolon. */
const STATS_TAGS = [
  { tag_name: 'cluster_name', regex: String.raw`^cluster(\.(.+);)` },
  { tag_name: 'response_code', regex: String.raw`_rq(_(\d{3}))$` },
  { tag_name: 'response_code_class', regex: String.raw`_rq(_(\d))xx$` },
  {
    tag_name: 'http_conn_manager_prefix',
    regex: String.raw`^http\.(((?:[_.[:digit:]\w]*|[_\[\]aAbBcCdDeEfF[:digit:]\w\:]*));\.)`,
  },
];

function prometheusOptions() {
  const file = join(STATE, 'prometheus.yaml');
  mkdirSync(join(STATE, 'prometheus'), { recursive: true });
  writeFileSync(file, stringify(SCRAPE));
  return {
    name: 'prometheus',
    command: binary('prometheus'),
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(STATE, 'prometheus')}`,
      '--web.listen-address=127.0.0.1:9090',
    ],
    readyUrl: `${PROMETHEUS}/-/ready`,
  };
}

/** Gives the counters the names and labels that Istio's own proxies expose. */
const SCRAPE = {
  global: { scrape_interval: '1s', scrape_timeout: '1s' },
  scrape_configs: [
    {
      job_name: 'envoy',
      metrics_path: '/stats/prometheus',
      static_configs: [{ targets: ['127.0.0.1:15000', '127.0.0.1:15100'] }],
      metric_relabel_configs: [
        { source_labels: ['__name__'], regex: 'envoy_istio_.+', action: 'keep' },
        workloadLabel('destination_workload', '$1'),
        workloadLabel('destination_workload_namespace', '$2'),
        serviceLabel('destination_service_name', '$1'),
        serviceLabel('destination_service_namespace', '$2'),
        { target_label: 'reporter', replacement: 'destination' },
        {
          source_labels: ['__name__'],
          regex: 'envoy_(istio_.+)',
          target_label: '__name__',
          replacement: '$1',
        },
        { regex: 'workload|upstream_cluster', action: 'labeldrop' },
      ],
    },
  ],
};

function workloadLabel(target: string, replacement: string) {
  return {
    source_labels: ['workload'],
    regex: '([^;]+);([^;]+);.*',
    target_label: target,
    replacement,
  };
}

function serviceLabel(target: string, replacement: string) {
  return {
    source_labels: ['upstream_cluster'],
    regex: String.raw`outbound\|[0-9]+\|[^|]*\|([^.]+)\.([^.]+)\..*`,
    target_label: target,
    replacement,
  };
}
