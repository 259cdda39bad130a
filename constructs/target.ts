import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { PropertyError, requireTrackName } from './property-error.ts';
import { SELECTOR_LABELS } from './selector-label.ts';

/** A Deployment as a construct: the `KubeDeployment` or the `Deployment` of cdk8s-plus. */
export interface DeploymentConstruct extends IConstruct {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The workload that is released. */
export class Target {
  /**
   * A Deployment that stands in another chart or file; that it exists is not checked here.
   *
   * @throws PropertyError for a name that leaves no room for `-primary`.
   */
  static named(name: string): Target {
    return new Target(name, undefined);
  }

  /**
   * A Deployment of the same chart, checked together with the Canary at synth.
   *
   * @throws PropertyError for another kind, or a name that leaves no room for `-primary`.
   */
  static deployment(deployment: DeploymentConstruct): Target {
    const { apiVersion, kind, name } = deployment;
    if (apiVersion !== 'apps/v1' || kind !== 'Deployment') {
      const rule = 'only a Deployment of apps/v1 can be released';
      throw new PropertyError('target', `${kind} of ${apiVersion}`, rule, 'pass a Deployment');
    }
    return new Target(name, deployment);
  }

  readonly name: string;
  readonly #deployment: DeploymentConstruct | undefined;

  private constructor(name: string, deployment: DeploymentConstruct | undefined) {
    requireTrackName('target', name);
    this.name = name;
    this.#deployment = deployment;
  }

  /**
   * What is wrong between a Canary and its target, as sentences.
   *
   * @internal
   */
  _validate(canary: ApiObject): string[] {
    if (this.#deployment === undefined) return [];
    if (Chart.of(this.#deployment) !== Chart.of(canary)) {
      return [
        `target is Deployment ${this.name} of another chart: put both into one chart, or pass ` +
          `Target.named('${this.name}')`,
      ];
    }
    const target: unknown = ApiObject.of(this.#deployment).toJson();
    return [
      ...namespaceProblems(this.name, target as WrittenTarget, canary),
      ...selectorProblems(this.name, target as WrittenTarget),
    ];
  }
}

interface WrittenTarget {
  readonly metadata: { readonly namespace?: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

function namespaceProblems(name: string, target: WrittenTarget, canary: ApiObject): string[] {
  const own = canary.metadata.namespace;
  const { namespace } = target.metadata;
  if (namespace === own) return [];
  return [
    `target is Deployment ${name} in namespace ${namespace ?? '(none)'}, but its Canary is in ` +
      `${own ?? '(none)'}: give both the same namespace`,
  ];
}

/** cdk8s-plus selects pods by a label of its own, by which Flagger cannot tell the tracks apart. */
function selectorProblems(name: string, target: WrittenTarget): string[] {
  const labels = target.spec?.selector?.matchLabels ?? {};
  if (SELECTOR_LABELS.some((key) => labels[key] !== undefined)) return [];
  return [
    `target is Deployment ${name} with the selector labels ${JSON.stringify(labels)}, but one of ` +
      `${SELECTOR_LABELS.join(', ')} is needed: select its pods by the label app`,
  ];
}
