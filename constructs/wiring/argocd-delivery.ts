import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import {
  type Layer,
  LAYERS,
  ROUTE_KINDS,
  TRAFFIC_FOLDER,
  WORKLOADS_FOLDER,
} from '../delivery-layers.ts';
import { requireText } from '../property-error.ts';
import { type DeliveryBranchProps, type DeliveryCell, deliveryCells } from './delivery-cells.ts';
import type { AgentReference } from './engine-rights.ts';

/** The Applications are called `<name>-workloads`, `<name>-traffic` and `<name>-routes`. */
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
 * Lets Argo CD apply a delivery branch: an Application for the workloads, for the traffic, and for its
 * routes. Workloads that never become ready cannot hold up the commit that takes traffic away, and a
 * step makes Argo CD apply routes and nothing else. Drift is healed and nothing is ignored. A sync that
 * failed is not tried again by itself (the default of five tries blocks the commit that mends it for
 * five minutes); the next commit is, and the engine asks again for a commit that it waits for. A
 * pattern of branches has these three for each of its cells.
 *
 * What an Application applies is chosen by what it includes, and not by its path: Argo CD reports an
 * error when a path is gone, as the last canary's is when it leaves. For the same reason an Application
 * may become empty.
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
    const names = cells.flatMap(({ name }) => LAYERS.map((layer) => `${name}-${layer}`));
    this.agent = { kind: 'argocd', namespace, names };
    for (const cell of cells) this.#follow(cell, props);
  }

  #follow({ branch, name, id }: DeliveryCell, props: ArgocdDeliveryProps): void {
    const { namespace = 'argocd', project = 'default', url } = props;
    const { server = 'https://kubernetes.default.svc' } = props;
    for (const layer of LAYERS) {
      new ApiObject(this, `${layer}${id}`, {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: `${name}-${layer}`, namespace },
        spec: {
          project,
          source: {
            repoURL: url,
            targetRevision: branch,
            path: '.',
            directory: { recurse: true, ...patternsOf(layer) },
          },
          destination: { server },
          syncPolicy: {
            automated: { prune: true, selfHeal: true, allowEmpty: true },
            retry: { limit: 0 },
          },
        },
      });
    }
  }
}

interface Patterns {
  readonly include: string;
  readonly exclude?: string;
}

/**
 * In these patterns `*` matches `/` as well.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/directory/
 */
function patternsOf(layer: Layer): Patterns {
  const routes = `{${ROUTE_KINDS.map((kind) => `${TRAFFIC_FOLDER}/*/${kind}-*.yaml`).join(',')}}`;
  switch (layer) {
    case 'workloads':
      return { include: `${WORKLOADS_FOLDER}/*` };
    case 'traffic':
      return { include: `${TRAFFIC_FOLDER}/*`, exclude: routes };
    case 'routes':
      return { include: routes };
  }
}
