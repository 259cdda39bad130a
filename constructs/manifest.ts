/** Plain Kubernetes objects, as they stand in YAML files. No library is imported here. */

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

export type JsonObject = { readonly [key: string]: Json | undefined };

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
  readonly [field: string]: unknown;
}

export interface ManifestMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A Deployment as people write it: only the fields the engine must understand are typed. */
export interface DeploymentManifest extends Manifest {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'Deployment';
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: PodTemplate;
    readonly [field: string]: Json | undefined;
  };
}

export interface DaemonSetManifest extends Manifest {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'DaemonSet';
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: PodTemplate;
    readonly [field: string]: Json | undefined;
  };
}

export interface ServiceManifest extends Manifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly spec: JsonObject;
}

/** A ConfigMap or Secret. */
export interface ConfigManifest extends Manifest {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap' | 'Secret';
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Texts;
  readonly binaryData?: Texts;
  readonly stringData?: Texts;
}

/** An autoscaler of Kubernetes or KEDA. */
export interface AutoscalerManifest extends Manifest {
  readonly kind: 'HorizontalPodAutoscaler' | 'ScaledObject';
  readonly spec: JsonObject;
}

export type Texts = Readonly<Record<string, string>>;

/** A target with pods of its own. */
export type WorkloadManifest = DeploymentManifest | DaemonSetManifest;

export type TargetManifest = WorkloadManifest | ServiceManifest;

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: Json | undefined;
  };
  readonly spec?: JsonObject;
  readonly [field: string]: Json | undefined;
}
