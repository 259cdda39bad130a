import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { requireText } from '../property-error.ts';
import { type DeliveryBranchProps, type DeliveryCell, deliveryCells } from './delivery-cells.ts';
import { type AgentReference, TREES } from './engine-rights.ts';

/** The objects of the two trees are called `<name>-workloads` and `<name>-traffic`. */
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
 * Lets Flux apply a delivery branch: a GitRepository and a Kustomization for each of the two trees.
 * The Kustomizations are two so that workloads that never become ready cannot hold up the commit
 * that takes traffic away; traffic waits for nothing, and workloads stop waiting soon. The
 * GitRepositories are two because a new commit makes Flux apply again all that follows one: so a
 * commit that moves traffic costs no look at any workload. A pattern of branches has these four for
 * each of its cells.
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
    const names = cells.flatMap(({ name }) => TREES.map((tree) => `${name}-${tree}`));
    this.agent = { kind: 'flux', namespace, names };
    for (const cell of cells) this.#follow(cell, props);
  }

  #follow({ branch, name, id }: DeliveryCell, props: FluxDeliveryProps): void {
    const { namespace = 'flux-system', url, secretName, interval = '1m' } = props;
    for (const tree of TREES) {
      const metadata = { name: `${name}-${tree}`, namespace };
      new ApiObject(this, `${tree}-source${id}`, {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata,
        spec: {
          interval,
          url,
          ref: { branch },
          ignore: `/*\n!/${tree}\n`,
          ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
        },
      });
      new ApiObject(this, `${tree}${id}`, {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata,
        spec: {
          interval,
          retryInterval: '10s',
          timeout: '1m',
          path: `./${tree}`,
          prune: true,
          wait: tree === 'workloads',
          sourceRef: { kind: 'GitRepository', name: metadata.name },
        },
      });
    }
  }
}
