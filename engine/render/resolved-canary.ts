import type { Removal } from '../core/observation.ts';
import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type {
  AutoscalerManifest,
  ConfigManifest,
  Manifest,
  TargetManifest,
} from '../../constructs/manifest.ts';
import type { SelectorLabel } from '../../constructs/selector-label.ts';

/** A canary as it stands in the source: everything that rendering needs of it. */
export interface ResolvedCanary {
  readonly key: CanaryKey;
  readonly spec: CanarySpec;
  readonly canaryManifest: Manifest;
  /** The target as it is written. Only while it is taken over, so that its pods are not replaced. */
  readonly written: TargetManifest;
  /** The target as it is released: its pods read their configuration from the copies. */
  readonly target: TargetManifest;
  /** The copies of ConfigMaps and Secrets that the target's pods read. */
  readonly configs: readonly ConfigManifest[];
  /** What scales the target, as it is written. */
  readonly autoscaler?: AutoscalerManifest;
  /** The one label that tells the tracks' pods apart; absent for a target without pods. */
  readonly selectorLabel: SelectorLabel | undefined;
  /** Labels of the source that primaries and copies take over begin with one of these. */
  readonly labelPrefixes: readonly string[];
  /** Digest of what the target releases. */
  readonly revision: string;
  /** The files of the source that it is written in. */
  readonly writtenIn: readonly string[];
  /** Absent: the source holds the Canary. Otherwise it is read from the delivery branch. */
  readonly removed?: Removal;
  /** Digest of everything else that the source says of the canary. */
  readonly configDigest: string;
}
