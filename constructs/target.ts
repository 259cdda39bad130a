import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { TargetKind, TargetRef } from './canary-spec.ts';
import { PropertyError, requireTrackName } from './property-error.ts';
import { SELECTOR_LABELS } from './selector-label.ts';

/** An object as a construct: a `KubeDeployment`, or the `Deployment` of cdk8s-plus. */
export interface TargetConstruct extends IConstruct {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

const API_VERSIONS: Readonly<Record<TargetKind, TargetRef['apiVersion']>> = {
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  Service: 'v1',
};

/** What is released: a workload, or a Service that leads from one set of pods to another. */
export class Target {
  /**
   * An object that stands in another chart or file; that it exists is not checked here.
   *
   * @throws PropertyError for a name that leaves no room for `-primary`.
   */
  static named(name: string, kind: TargetKind = 'Deployment'): Target {
    return new Target(kind, name, undefined);
  }

  /**
   * A Deployment of the same chart, checked together with the Canary at synth.
   *
   * @throws PropertyError for another kind, or a name that leaves no room for `-primary`.
   */
  static deployment(deployment: TargetConstruct): Target {
    return Target.#of('Deployment', deployment);
  }

  /**
   * A DaemonSet of the same chart, checked together with the Canary at synth.
   *
   * @throws PropertyError for another kind, or a name that leaves no room for `-primary`.
   */
  static daemonSet(daemonSet: TargetConstruct): Target {
    return Target.#of('DaemonSet', daemonSet);
  }

  /**
   * A Service of the same chart, checked together with the Canary at synth. It is its own apex.
   *
   * @throws PropertyError for another kind, or a name that leaves no room for `-primary`.
   */
  static service(service: TargetConstruct): Target {
    return Target.#of('Service', service);
  }

  static #of(wanted: TargetKind, construct: TargetConstruct): Target {
    const { apiVersion, kind, name } = construct;
    if (apiVersion !== API_VERSIONS[wanted] || kind !== wanted) {
      const rule = `only a ${wanted} of ${API_VERSIONS[wanted]} is one`;
      throw new PropertyError('target', `${kind} of ${apiVersion}`, rule, `pass a ${wanted}`);
    }
    return new Target(wanted, name, construct);
  }

  readonly kind: TargetKind;
  readonly name: string;
  readonly #construct: TargetConstruct | undefined;

  private constructor(kind: TargetKind, name: string, construct: TargetConstruct | undefined) {
    requireTrackName('target', name);
    this.kind = kind;
    this.name = name;
    this.#construct = construct;
  }

  /** @internal */
  _toKube(): TargetRef {
    return { apiVersion: API_VERSIONS[this.kind], kind: this.kind, name: this.name } as TargetRef;
  }

  /**
   * What is wrong between a Canary and its target, as sentences.
   *
   * @internal
   */
  _validate(canary: ApiObject): string[] {
    if (this.#construct === undefined) return [];
    const what = `${this.kind} ${this.name}`;
    if (Chart.of(this.#construct) !== Chart.of(canary)) {
      const named =
        this.kind === 'Deployment' ? `'${this.name}'` : `'${this.name}', '${this.kind}'`;
      return [
        `target is ${what} of another chart: put both into one chart, or pass Target.named(${named})`,
      ];
    }
    const target: unknown = ApiObject.of(this.#construct).toJson();
    return [
      ...namespaceProblems(what, target as WrittenTarget, canary),
      ...(this.kind === 'Service' ? [] : selectorProblems(what, target as WrittenTarget)),
    ];
  }
}

interface WrittenTarget {
  readonly metadata: { readonly namespace?: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

function namespaceProblems(what: string, target: WrittenTarget, canary: ApiObject): string[] {
  const own = canary.metadata.namespace;
  const { namespace } = target.metadata;
  if (namespace === own) return [];
  return [
    `target is ${what} in namespace ${namespace ?? '(none)'}, but its Canary is in ` +
      `${own ?? '(none)'}: give both the same namespace`,
  ];
}

/** cdk8s-plus selects pods by a label of its own, by which Flagger cannot tell the tracks apart. */
function selectorProblems(what: string, target: WrittenTarget): string[] {
  const labels = target.spec?.selector?.matchLabels ?? {};
  if (SELECTOR_LABELS.some((key) => labels[key] !== undefined)) return [];
  return [
    `target is ${what} with the selector labels ${JSON.stringify(labels)}, but one of ` +
      `${SELECTOR_LABELS.join(', ')} is needed: select its pods by the label app`,
  ];
}
