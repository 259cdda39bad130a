import type { CanaryKey } from '../../constructs/canary-spec.ts';

/**
 * Where things stand on the delivery branch. `workloads/` and `traffic/` hold manifests and
 * nothing else, so that a sync agent can take them as they are; the engine's own files stand in
 * `rollouts/`, which no agent reads.
 */
export interface CanaryFolders {
  readonly workloads: string;
  readonly traffic: string;
  readonly rollout: string;
}

export function canaryFolders(canary: CanaryKey): CanaryFolders {
  return {
    workloads: `workloads/${canary}`,
    traffic: `traffic/${canary}`,
    rollout: `rollouts/${canary}`,
  };
}

export const ROLLOUTS_FOLDER = 'rollouts';
export const WORKLOADS_FOLDER = 'workloads';

export function recordPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/record.yaml`;
}

export function rejectedPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/rejected.yaml`;
}

/** People's inbox: the engine reads it and never writes it. */
export function controlPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/control.yaml`;
}

/** Manifests of the source that belong to no canary, carried over unchanged. */
export function othersFolder(namespace: string | undefined): string {
  return namespace === undefined
    ? `${WORKLOADS_FOLDER}/_cluster`
    : `${WORKLOADS_FOLDER}/${namespace}/_other`;
}

/** One object a file: `<kind>-<name>.yaml`, lower case. */
export function manifestFileName(kind: string, name: string): string {
  return `${kind.toLowerCase()}-${name}.yaml`;
}
