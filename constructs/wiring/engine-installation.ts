import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import type { JsonObject } from '../manifest.ts';
import { PropertyError, requireText, requireWhole } from '../property-error.ts';
import {
  type AgentReference,
  agentRules,
  ELECTION_RULES,
  type Rule,
  type SecretReference,
  secretRules,
  WATCHED_NAMESPACE_RULES,
} from './engine-rights.ts';

export interface EngineInstallationProps {
  /** @default 'serin-system' */
  readonly namespace?: string;

  /** An image whose entry point is `serin`. */
  readonly image: string;

  /** `serin.yaml`, as text or as an object. Git credentials are mounted at `/etc/serin-git`. */
  readonly configuration: string | JsonObject;

  /** Namespaces with canaries. The engine can read nothing outside of them. */
  readonly watchedNamespaces: readonly string[];

  readonly agent: AgentReference;

  /**
   * Secret with `username` and `password`, with `identity` and `known_hosts`, or with the files of a
   * GitHub App, named as Flux names them.
   *
   * @default - none: the repositories are open
   */
  readonly gitSecretName?: string;

  /**
   * Secrets that MetricTemplates and AlertProviders name. Name them one by one where you can: in a
   * namespace without names the engine may read every Secret.
   *
   * @default - none: such a check or alert then says that its Secret cannot be read
   */
  readonly secrets?: readonly SecretReference[];

  /**
   * Secrets with `address` and `token` of the engine's own receivers of alerts, mounted at
   * `/etc/serin-alerts/<name>` for `notifications.alerts[].credentials`.
   *
   * @default - none
   */
  readonly alertSecretNames?: readonly string[];

  /**
   * The port of `/metrics`, `/healthz` and `/readyz`; the configuration need not name it.
   *
   * @default 8080
   */
  readonly port?: number;

  /**
   * Secret with the private key that signs commits, mounted at `/etc/serin-signing`.
   *
   * @default - none
   */
  readonly signingSecretName?: string;

  /**
   * With a lease in the configuration one engine leads and the others stand by.
   *
   * @default 1
   */
  readonly replicas?: number;
}

const NAME = 'serin';
const RBAC = 'rbac.authorization.k8s.io';
const USER_ID = 65532;
/**
 * Less room for what is thrown away again: Node would take as much as a busy server's for it, and the C
 * library some more for each of its threads.
 * @see https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
 */
const FRUGAL = [
  { name: 'NODE_OPTIONS', value: '--max-semi-space-size=4' },
  { name: 'MALLOC_ARENA_MAX', value: '2' },
];
/** By it an engine that starts again in its pod knows its own lease. */
const POD_UID = { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } };
/** Any change of the configuration has to reach the pods, and the engine reads it once. */
const DIGEST_ANNOTATION = 'checksum/configuration';

/**
 * The engine in a cluster, with the rights it needs and no others: it reads Deployments, routes and
 * the agent's objects, writes the status of Canaries, and applies nothing.
 */
export class EngineInstallation extends Construct {
  /** The engine's Deployment, for patches of your own. */
  readonly deployment: ApiObject;

  /** @throws PropertyError for a value that is wrong by itself. */
  constructor(scope: Construct, id: string, props: EngineInstallationProps) {
    super(scope, id);
    requireRightValues(props);
    const { namespace = 'serin-system', agent } = props;
    const configuration = configurationText(props.configuration);
    const metadata = { name: NAME, namespace };
    new ApiObject(this, 'account', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    new ApiObject(this, 'configuration', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: { 'serin.yaml': configuration },
    });
    this.#grant('election', namespace, namespace, ELECTION_RULES);
    this.#grant('agent', agent.namespace, namespace, agentRules(agent));
    for (const watched of new Set(props.watchedNamespaces)) {
      this.#grant(`watched-${watched}`, watched, namespace, WATCHED_NAMESPACE_RULES);
    }
    for (const [holding, secrets] of Map.groupBy(props.secrets ?? [], (each) => each.namespace)) {
      this.#grant(`secrets-${holding}`, holding, namespace, secretRules(secrets));
    }
    this.deployment = new ApiObject(this, 'engine', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: deploymentSpec(props, configuration),
    });
  }

  /** A namespace may be watched and hold the agent as well: each grant is an object of its own. */
  #grant(what: string, namespace: string, account: string, rules: readonly Rule[]): void {
    const metadata = { name: `${NAME}-${what.split('-', 1)[0]}`, namespace };
    new ApiObject(this, `${what}-role`, {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules,
    });
    new ApiObject(this, `${what}-binding`, {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: account }],
      roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
    });
  }
}

function requireRightValues(props: EngineInstallationProps): void {
  const { image, configuration, watchedNamespaces, replicas = 1 } = props;
  requireText('image', image);
  requireText('configuration', configurationText(configuration));
  requireWhole('replicas', replicas, { min: 1, max: 10 });
  for (const [index, name] of (props.alertSecretNames ?? []).entries()) {
    requireText(`alertSecretNames[${index}]`, name);
  }
  if (props.port !== undefined) requireWhole('port', props.port, { min: 1, max: 65_535 });
  for (const [index, { names }] of (props.secrets ?? []).entries()) {
    if (names === undefined || names.length > 0) continue;
    const rule = 'Kubernetes takes no names for all names';
    throw new PropertyError(
      `secrets[${index}].names`,
      [],
      rule,
      'name the Secrets, or leave it out',
    );
  }
  if (watchedNamespaces.length === 0) {
    const rule = 'an engine that may look nowhere can release nothing';
    throw new PropertyError('watchedNamespaces', [], rule, 'name the namespaces with canaries');
  }
}

function configurationText(configuration: EngineInstallationProps['configuration']): string {
  return typeof configuration === 'string'
    ? configuration
    : stringify(configuration, { aliasDuplicateObjects: false, lineWidth: 0 });
}

interface Mount {
  readonly volume: { readonly name: string } & JsonObject;
  readonly mountPath: string;
}

function mountsOf(props: EngineInstallationProps): Mount[] {
  const { gitSecretName, signingSecretName, alertSecretNames = [] } = props;
  const secret = (name: string, secretName: string, mountPath: string) => ({
    volume: { name, secret: { secretName, defaultMode: 0o400 } },
    mountPath,
  });
  return [
    { volume: { name: 'configuration', configMap: { name: NAME } }, mountPath: '/etc/serin' },
    // Clones can be made again at any time: they need no disk that lasts.
    { volume: { name: 'cache', emptyDir: {} }, mountPath: '/var/cache' },
    ...(gitSecretName === undefined ? [] : [secret('git', gitSecretName, '/etc/serin-git')]),
    ...(signingSecretName === undefined
      ? []
      : [secret('signing', signingSecretName, '/etc/serin-signing')]),
    ...alertSecretNames.map((name, index) =>
      secret(`alerts-${index}`, name, `/etc/serin-alerts/${name}`),
    ),
  ];
}

function deploymentSpec(props: EngineInstallationProps, configuration: string): object {
  const { image, replicas = 1, port = 8080 } = props;
  const labels = { 'app.kubernetes.io/name': NAME };
  const mounts = mountsOf(props);
  return {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: {
        labels,
        annotations: {
          [DIGEST_ANNOTATION]: bytesToHex(sha256(utf8ToBytes(configuration))),
          'prometheus.io/scrape': 'true',
          'prometheus.io/port': String(port),
        },
      },
      spec: {
        serviceAccountName: NAME,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: USER_ID,
          runAsGroup: USER_ID,
          fsGroup: USER_ID,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: NAME,
            image,
            args: ['run', '--config', '/etc/serin/serin.yaml', '--serve', `:${port}`],
            ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
            livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
            readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
            env: [{ name: 'XDG_CACHE_HOME', value: '/var/cache' }, POD_UID, ...FRUGAL],
            resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            volumeMounts: mounts.map(({ volume: { name }, mountPath }) => ({
              name,
              mountPath,
              readOnly: name !== 'cache',
            })),
          },
        ],
        volumes: mounts.map(({ volume }) => volume),
      },
    },
  };
}
