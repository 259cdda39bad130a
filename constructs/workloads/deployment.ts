import type { DeploymentManifest } from '../manifest.ts';
import { primaryValue } from '../selector-label.ts';
import { copied, primaryMetadata, type PrimaryOf } from './primary-metadata.ts';
import { primaryTemplate } from './primary-pods.ts';

/** What the primary takes over from the target beside its pods. */
const COPIED_FIELDS = [
  'minReadySeconds',
  'progressDeadlineSeconds',
  'revisionHistoryLimit',
  'strategy',
];

export function idleDeployment(target: DeploymentManifest): DeploymentManifest {
  return { ...target, spec: { ...target.spec, replicas: 0 } };
}

/**
 * With an autoscaler `replicas` is left out: coming from 0 it becomes 1 at that commit, while no
 * request is on its way to it, and from then on whatever the autoscaler says.
 */
export function runningDeployment(
  target: DeploymentManifest,
  replicas: Replicas = runningReplicas(target),
): DeploymentManifest {
  return { ...target, spec: withReplicas(target.spec, replicas) };
}

/** How many replicas Git says, if it is not an autoscaler that says it. */
export type Replicas = number | 'autoscaled';

export function primaryDeployment(
  target: DeploymentManifest,
  of: PrimaryOf,
  replicas: Replicas = runningReplicas(target),
): DeploymentManifest {
  const { label } = of;
  const { template } = target.spec;
  const spec = {
    ...copied(target.spec, COPIED_FIELDS),
    selector: { matchLabels: { [label.key]: primaryValue(label) } },
    template: primaryTemplate(template, label),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: primaryMetadata(target, of),
    spec: withReplicas(spec, replicas),
  };
}

function withReplicas(
  { replicas: _, ...spec }: DeploymentManifest['spec'],
  replicas: Replicas,
): DeploymentManifest['spec'] {
  const rest = spec as DeploymentManifest['spec'];
  return replicas === 'autoscaled' ? rest : { ...rest, replicas };
}

/** A target that people left at 0 is started with one replica, as Flagger does. */
function runningReplicas({ spec: { replicas = 1 } }: DeploymentManifest): number {
  return replicas > 0 ? replicas : 1;
}
