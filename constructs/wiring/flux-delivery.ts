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

/** The objects are called `<name>-workloads`, `<name>-traffic` and `<name>-routes`. */
export interface FluxDeliveryProps extends DeliveryBranchProps {
  /**
   * Where Flux keeps its objects.
   *
   * @default 'flux-system'
   */
  readonly namespace?: string;

  /** The repository that the engine pushes to: `https://` or `ssh://`. */
  readonly url: string;

  /**
   * Secret with `username` and `password`, or with `identity` and `known_hosts`.
   *
   * @default - the repository is public
   */
  readonly secretName?: string;

  /**
   * How often Flux looks by itself. The engine asks it to look after each push that changes what it
   * applies, so this is only for requests that were lost.
   *
   * @default '1m'
   */
  readonly interval?: string;
}

/**
 * Lets Flux apply a delivery branch: a GitRepository and a Kustomization for the workloads, for the
 * traffic, and for its routes. Workloads that never become ready cannot hold up the commit that takes
 * traffic away; traffic waits for nothing, and workloads stop waiting soon. Each has a GitRepository of
 * its own because a new commit makes Flux apply again all that follows one: so a commit that moves
 * traffic costs a look at the routes and at nothing else. A pattern of branches has these six for each
 * of its cells.
 *
 * What a Kustomization applies is chosen by what its GitRepository ignores, and not by its path: Flux
 * takes nothing away when a path is gone, as the last canary's is when it leaves.
 *
 * Run kustomize-controller with `--feature-gates=CancelHealthCheckOnNewRevision=true`: without it a
 * commit that never becomes ready holds up its own fix until `timeout`.
 *
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 */
export class FluxDelivery extends Construct {
  /** For `EngineInstallation`: the engine then reaches these objects and no others. */
  readonly agent: AgentReference;

  /** @throws PropertyError for an empty name, url or branch. */
  constructor(scope: Construct, id: string, props: FluxDeliveryProps) {
    super(scope, id);
    const { namespace = 'flux-system', url } = props;
    requireText('url', url);
    const cells = deliveryCells(props);
    const names = cells.flatMap(({ name }) => LAYERS.map((layer) => `${name}-${layer}`));
    this.agent = { kind: 'flux', namespace, names };
    for (const cell of cells) this.#follow(cell, props);
  }

  #follow({ branch, name, id }: DeliveryCell, props: FluxDeliveryProps): void {
    const { namespace = 'flux-system', url, secretName, interval = '1m' } = props;
    for (const layer of LAYERS) {
      const metadata = { name: `${name}-${layer}`, namespace };
      new ApiObject(this, `${layer}-source${id}`, {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata,
        spec: {
          interval,
          url,
          ref: { branch },
          ignore: `${['/*', ...patternsOf(layer)].join('\n')}\n`,
          ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
        },
      });
      new ApiObject(this, `${layer}${id}`, {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata,
        spec: {
          interval,
          retryInterval: '10s',
          timeout: '1m',
          path: './',
          prune: true,
          wait: layer === 'workloads',
          sourceRef: { kind: 'GitRepository', name: metadata.name },
        },
      });
    }
  }
}

/**
 * What of a branch is not ignored, in the order of a `.gitignore`.
 *
 * @see https://fluxcd.io/flux/components/source/gitrepositories/#excluding-files
 */
function patternsOf(layer: Layer): readonly string[] {
  const routes = ROUTE_KINDS.map((kind) => `/${TRAFFIC_FOLDER}/**/${kind}-*.yaml`);
  switch (layer) {
    case 'workloads':
      return [`!/${WORKLOADS_FOLDER}`];
    case 'traffic':
      return [`!/${TRAFFIC_FOLDER}`, ...routes];
    case 'routes':
      return routes.map((pattern) => `!${pattern}`);
  }
}
