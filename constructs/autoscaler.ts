import {
  type CanarySpecAutoscalerRef,
  CanarySpecAutoscalerRefKind,
} from '../imports/flagger.app.ts';
import type { AutoscalerSpec } from './canary-spec.ts';
import { PropertyError, requireTrackName, requireWhole } from './property-error.ts';

export interface AutoscalerOptions {
  /** @default - as many as the target's own autoscaler gives at least */
  readonly primaryMinReplicas?: number;

  /** @default - as many as the target's own autoscaler gives at most */
  readonly primaryMaxReplicas?: number;
}

export interface ScaledObjectOptions extends AutoscalerOptions {
  /**
   * Queries of the primary's triggers, by the trigger's name. With them nothing is rewritten by itself.
   *
   * @default - the target's queries, asking about the primary
   */
  readonly primaryQueries?: Readonly<Record<string, string>>;
}

const COUNT = { min: 1, max: 1_000_000 };

/** Who scales the target; the primary gets a copy. */
export class Autoscaler {
  /**
   * A HorizontalPodAutoscaler beside the target.
   *
   * @throws PropertyError for counts that are none, or a name that leaves no room for `-primary`.
   */
  static horizontal(name: string, options: AutoscalerOptions = {}): Autoscaler {
    return new Autoscaler('HorizontalPodAutoscaler', name, options);
  }

  /**
   * A ScaledObject of KEDA beside the target.
   *
   * @throws PropertyError for counts that are none, or a name that leaves no room for `-primary`.
   */
  static scaledObject(name: string, options: ScaledObjectOptions = {}): Autoscaler {
    return new Autoscaler('ScaledObject', name, options);
  }

  readonly kind: AutoscalerSpec['kind'];
  readonly name: string;
  readonly #options: ScaledObjectOptions;

  private constructor(kind: AutoscalerSpec['kind'], name: string, options: ScaledObjectOptions) {
    requireTrackName('autoscaler', name);
    const { primaryMinReplicas: min, primaryMaxReplicas: max } = options;
    if (min !== undefined) requireWhole('primaryMinReplicas', min, COUNT);
    if (max !== undefined) requireWhole('primaryMaxReplicas', max, COUNT);
    if (min !== undefined && max !== undefined && min > max) {
      const rule = `it must not be above primaryMaxReplicas, which is ${max}`;
      throw new PropertyError('primaryMinReplicas', min, rule, 'choose a smaller one');
    }
    this.kind = kind;
    this.name = name;
    this.#options = options;
  }

  /** @internal */
  _toKube(): CanarySpecAutoscalerRef {
    const { primaryMinReplicas, primaryMaxReplicas, primaryQueries } = this.#options;
    const bounds = {
      ...(primaryMinReplicas === undefined ? {} : { minReplicas: primaryMinReplicas }),
      ...(primaryMaxReplicas === undefined ? {} : { maxReplicas: primaryMaxReplicas }),
    };
    return {
      apiVersion: this.kind === 'ScaledObject' ? 'keda.sh/v1alpha1' : 'autoscaling/v2',
      kind: KINDS[this.kind],
      name: this.name,
      ...(primaryQueries === undefined ? {} : { primaryScalerQueries: { ...primaryQueries } }),
      ...(Object.keys(bounds).length === 0 ? {} : { primaryScalerReplicas: bounds }),
    };
  }
}

const KINDS: Readonly<Record<AutoscalerSpec['kind'], CanarySpecAutoscalerRefKind>> = {
  HorizontalPodAutoscaler: CanarySpecAutoscalerRefKind.HORIZONTAL_POD_AUTOSCALER,
  ScaledObject: CanarySpecAutoscalerRefKind.SCALED_OBJECT,
};
