import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { requireText } from '../property-error.ts';
import { type DeliveryBranchProps, type DeliveryCell, deliveryCells } from './delivery-cells.ts';
import { type AgentReference, TREES } from './engine-rights.ts';

/** The Applications are called `<name>-workloads` and `<name>-traffic`. */
export interface ArgocdDeliveryProps extends DeliveryBranchProps {
  /**
   * Where Argo CD keeps its objects.
   *
   * @default 'argocd'
   */
  readonly namespace?: string;

  /** @default 'default' */
  readonly project?: string;

  /** The repository that the engine pushes to, as Argo CD has it registered. */
  readonly url: string;

  /**
   * API server of the cluster that is delivered to.
   *
   * @default - the cluster Argo CD runs in
   */
  readonly server?: string;
}

/**
 * Lets Argo CD apply a delivery branch: an Application for each of the two trees, so that workloads
 * that never become ready cannot hold up the commit that takes traffic away. Drift is healed and
 * nothing is ignored. A sync that failed is not tried again by itself (the default of five tries
 * blocks the commit that mends it for five minutes); the next commit is, and the engine asks again
 * for a commit that it waits for. A pattern of branches has these two for each of its cells.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
 */
export class ArgocdDelivery extends Construct {
  /** For `EngineInstallation`: the engine then reaches these objects and no others. */
  readonly agent: AgentReference;

  /** @throws PropertyError for an empty name, url or branch. */
  constructor(scope: Construct, id: string, props: ArgocdDeliveryProps) {
    super(scope, id);
    const { namespace = 'argocd', url } = props;
    requireText('url', url);
    const cells = deliveryCells(props);
    const names = cells.flatMap(({ name }) => TREES.map((tree) => `${name}-${tree}`));
    this.agent = { kind: 'argocd', namespace, names };
    for (const cell of cells) this.#follow(cell, props);
  }

  #follow({ branch, name, id }: DeliveryCell, props: ArgocdDeliveryProps): void {
    const { namespace = 'argocd', project = 'default', url } = props;
    const { server = 'https://kubernetes.default.svc' } = props;
    for (const tree of TREES) {
      new ApiObject(this, `${tree}${id}`, {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: `${name}-${tree}`, namespace },
        spec: {
          project,
          source: {
            repoURL: url,
            targetRevision: branch,
            path: tree,
            directory: { recurse: true },
          },
          destination: { server },
          syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: 0 } },
        },
      });
    }
  }
}
