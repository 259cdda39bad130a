/** What is released, and who scales it. Imports nothing, so that the pure core can use it. */

export type TargetRef =
  | {
      readonly apiVersion: 'apps/v1';
      readonly kind: 'Deployment' | 'DaemonSet';
      readonly name: string;
    }
  | { readonly apiVersion: 'v1'; readonly kind: 'Service'; readonly name: string };

export type TargetKind = TargetRef['kind'];

/** Who scales the target, and how the one that scales the primary differs. */
export interface AutoscalerSpec {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly name: string;
  readonly primary: {
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    /** Queries of the primary's triggers by the trigger's name (KEDA); the others stay as they are. */
    readonly queries?: Readonly<Record<string, string>>;
  };
  /** The fewest replicas that each track is given: a workload below has not been scaled yet. */
  readonly least: { readonly primary: number; readonly canary: number };
}

/** The kinds of targets that have pods of their own. */
export type WorkloadKind = Exclude<TargetKind, 'Service'>;
