import type { CanarySpec } from '../canary-spec.ts';
import type { Json, ServiceManifest, TargetManifest } from '../manifest.ts';
import { PropertyError } from '../property-error.ts';
import type { SelectorLabel } from '../selector-label.ts';
import { cleanManifest } from './clean-manifest.ts';
import {
  idleDaemonSet,
  primaryDaemonSet,
  runningDaemonSet,
  scheduledTemplate,
} from './daemon-set.ts';
import {
  idleDeployment,
  primaryDeployment,
  type Replicas,
  runningDeployment,
} from './deployment.ts';
import type { PrimaryOf } from './primary-metadata.ts';
import { apexService, trackService, trackSpec, waysIn } from './service.ts';

/** `as-written`: nobody has taken the target's traffic yet, so its scale is still the user's. */
export type TargetScale = 'as-written' | 'running' | 'idle';

export interface TargetProps {
  readonly spec: Pick<CanarySpec, 'target'>;
  /** As the user wrote it, or as it was rendered before. */
  readonly target: TargetManifest;
  readonly scale: TargetScale;
  /** Left out: what the target says, and 1 where it says 0 or nothing. */
  readonly replicas?: Replicas;
}

/**
 * What carries the candidate: the target as written, at a scale. Of a Service it is the copy
 * `T-canary`, which has no scale.
 */
export function renderTarget({ spec, target, scale, replicas }: TargetProps): TargetManifest {
  const clean = cleanManifest(target);
  if (clean.kind === 'Service') return trackService(clean, candidateName(spec.target));
  if (scale === 'as-written') return clean;
  if (clean.kind === 'DaemonSet') {
    return scale === 'idle' ? idleDaemonSet(clean) : runningDaemonSet(clean);
  }
  return scale === 'idle' ? idleDeployment(clean) : runningDeployment(clean, replicas);
}

export interface PrimaryProps {
  readonly spec: Pick<CanarySpec, 'namespace' | 'target'>;
  /** As the user wrote it, or as `renderTarget` gave it. */
  readonly target: TargetManifest;
  /** Tells the tracks' pods apart; a Service has none. */
  readonly selectorLabel: SelectorLabel | undefined;
  /** Left out: as many as the target. */
  readonly replicas?: Replicas;
  /** Labels of the target that its primary takes over begin with one of these; `*` is all. */
  readonly labelPrefixes?: readonly string[];
}

/**
 * The stable copy of the target, `T-primary`: the same pods under their own label, so that neither
 * workload ever selects the other's.
 *
 * @throws PropertyError for a workload with pods and no label to tell them apart.
 */
export function renderPrimary(props: PrimaryProps): TargetManifest {
  const target = cleanManifest(props.target);
  switch (target.kind) {
    case 'Service':
      return trackService(target, primaryName(props.spec.target));
    case 'DaemonSet':
      return primaryDaemonSet(target, primaryOf(props));
    case 'Deployment':
      return primaryDeployment(target, primaryOf(props), props.replicas);
  }
}

/** With a Service as target, the public Service itself leads where the primary does. */
export function renderApex(apex: ServiceManifest, primary: ServiceManifest): ServiceManifest {
  return apexService(cleanManifest(apex), primary);
}

function primaryOf(props: PrimaryProps): PrimaryOf {
  const { spec, labelPrefixes } = props;
  return { namespace: spec.namespace, label: requireLabel(props), labelPrefixes };
}

function requireLabel({ selectorLabel, target: { kind, metadata } }: PrimaryProps): SelectorLabel {
  if (selectorLabel !== undefined) return selectorLabel;
  const rule = `the pods of ${kind} ${metadata.name} must be told apart from its primary's`;
  throw new PropertyError('selectorLabel', selectorLabel, rule, 'pass selectorLabelOf(target)');
}

/** What the object that carries the candidate is called. */
export function candidateName({ kind, name }: CanarySpec['target']): string {
  return kind === 'Service' ? `${name}-canary` : name;
}

export function primaryName({ name }: CanarySpec['target']): string {
  return `${name}-primary`;
}

/** What is released when a target changes: the pods, or where a Service leads. */
export function releasedContent(target: TargetManifest): Json {
  switch (target.kind) {
    case 'Deployment':
      return target.spec.template;
    case 'DaemonSet':
      return scheduledTemplate(target.spec.template);
    case 'Service':
      return trackSpec(target.spec);
  }
}

/** Everything of a target that is not released with it. */
export function targetOptions(target: TargetManifest): object {
  const clean = cleanManifest(target);
  if (clean.kind === 'Service') return { ...clean, spec: waysIn(clean.spec) };
  return { ...clean, spec: { ...clean.spec, template: {} } };
}

/** The options of one manifest with what another one releases. */
export function withReleased(options: TargetManifest, released: TargetManifest): TargetManifest {
  if (options.kind === 'Service' || released.kind === 'Service') return released;
  const { template } = released.spec;
  return { ...options, spec: { ...options.spec, template } };
}
