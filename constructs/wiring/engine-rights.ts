/** The two trees of a delivery branch. */
export const TREES = ['workloads', 'traffic'] as const;

/** Which agent the engine asks to look, and its objects: `FluxDelivery.agent`, for example. */
export interface AgentReference {
  readonly kind: 'flux' | 'argocd';
  readonly namespace: string;

  /**
   * The objects that the engine may read and annotate.
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

/** In each namespace with canaries: it looks, and writes a Canary's status and events. */
export const WATCHED_NAMESPACE_RULES: readonly Rule[] = [
  rule('apps', ['deployments', 'daemonsets'], ['get']),
  rule('networking.istio.io', ['virtualservices'], ['get']),
  rule('gateway.networking.k8s.io', ['httproutes', 'grpcroutes'], ['get']),
  rule('', ['services'], ['get']),
  rule('flagger.app', ['canaries'], ['get']),
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
 * all of it, so the names matter.
 */
export function agentRules({ kind, names }: AgentReference): readonly Rule[] {
  const rules = rulesOf(kind);
  return names === undefined ? rules : rules.map((each) => ({ ...each, resourceNames: names }));
}

function rulesOf(kind: AgentReference['kind']): readonly Rule[] {
  switch (kind) {
    case 'flux':
      return [
        rule('source.toolkit.fluxcd.io', ['gitrepositories'], ['get', 'patch']),
        rule('kustomize.toolkit.fluxcd.io', ['kustomizations'], ['get']),
      ];
    case 'argocd':
      return [rule('argoproj.io', ['applications'], ['get', 'patch'])];
  }
}

function rule(group: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources, verbs };
}
