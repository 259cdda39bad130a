import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { DeploymentManifest, Manifest } from '../../constructs/manifest.ts';

/** A canary as it stands in the source: everything that rendering needs of it. */
export interface ResolvedCanary {
  readonly key: CanaryKey;
  readonly spec: CanarySpec;
  readonly canaryManifest: Manifest;
  readonly target: DeploymentManifest;
  /** The one label that tells the tracks' pods apart. */
  readonly selectorLabel: { readonly key: string; readonly value: string };
  /** Digest of the target's pod template: what is released. */
  readonly revision: string;
  /** The files of the source that it is written in. */
  readonly writtenIn: readonly string[];
  /** Digest of everything else that the source says of the canary. */
  readonly configDigest: string;
}
