/** Which agent the engine asks to look, and its objects: `FluxDelivery.agent`, for example. */
export interface AgentReference {
  readonly kind: 'flux' | 'argocd';
  readonly namespace: string;

  /**
   * The objects that the engine may annotate. It may look at all of the namespace.
   *
   * @default - all of the namespace
   */
  readonly names?: readonly string[];
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Watching spares the API server a request for each object at each look. */
const LOOK = ['get', 'list', 'watch'] as const;

/** In each namespace with canaries: it looks, and writes a Canary's status and events. */
export const WATCHED_NAMESPACE_RULES: readonly Rule[] = [
  rule('apps', ['deployments', 'daemonsets'], LOOK),
  rule('networking.istio.io', ['virtualservices'], LOOK),
  rule('gateway.networking.k8s.io', ['httproutes', 'grpcroutes'], LOOK),
  rule('', ['services'], LOOK),
  rule('discovery.k8s.io', ['endpointslices'], ['list']),
  rule('flagger.app', ['canaries'], LOOK),
  rule('flagger.app', ['canaries/status'], ['patch']),
  rule('', ['events'], ['create', 'patch']),
];

/** Credentials of metrics servers and alert receivers that the engine may read. */
export interface SecretReference {
  /** Of the MetricTemplates and AlertProviders that name the Secrets. */
  readonly namespace: string;

  /**
   * The Secrets; nobody can list them, also without names.
   *
   * @default - all of the namespace
   */
  readonly names?: readonly string[];
}

export function secretRules(references: readonly SecretReference[]): readonly Rule[] {
  return references.map(({ names }) => {
    const get = rule('', ['secrets'], ['get']);
    return names === undefined ? get : { ...get, resourceNames: names };
  });
}

/** In the engine's own namespace: one engine leads. */
export const ELECTION_RULES: readonly Rule[] = [
  rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update']),
];

/**
 * Patching is for one annotation, the request to look now; but who may patch an object may change
 * all of it, so the names matter. Kubernetes cannot narrow a watch of many objects to names.
 */
export function agentRules({ kind, names }: AgentReference): readonly Rule[] {
  return agentResources(kind).flatMap(({ group, resource, isPatched }) => {
    const own = rule(group, [resource], isPatched ? ['get', 'patch'] : ['get']);
    return [
      names === undefined ? own : { ...own, resourceNames: names },
      rule(group, [resource], ['list', 'watch']),
    ];
  });
}

interface AgentResource {
  readonly group: string;
  readonly resource: string;
  readonly isPatched: boolean;
}

function agentResources(kind: AgentReference['kind']): readonly AgentResource[] {
  switch (kind) {
    case 'flux':
      return [
        { group: 'source.toolkit.fluxcd.io', resource: 'gitrepositories', isPatched: true },
        { group: 'kustomize.toolkit.fluxcd.io', resource: 'kustomizations', isPatched: false },
      ];
    case 'argocd':
      return [{ group: 'argoproj.io', resource: 'applications', isPatched: true }];
  }
}

function rule(group: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs };
}
