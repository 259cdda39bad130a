import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { TRAFFIC_FOLDER, WORKLOADS_FOLDER } from '../../constructs/delivery-layers.ts';
import { digestOf } from './digest.ts';

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

export const ROLLOUTS_FOLDER = 'rollouts';

export function canaryFolders(canary: CanaryKey): CanaryFolders {
  return {
    workloads: `${WORKLOADS_FOLDER}/${canary}`,
    traffic: `${TRAFFIC_FOLDER}/${canary}`,
    rollout: `${ROLLOUTS_FOLDER}/${canary}`,
  };
}

export const RECORD_FILE = 'record.yaml';
export const REJECTED_FILE = 'rejected.yaml';
export const CONTROL_FILE = 'control.yaml';

/** The Canary object itself. */
export function canaryPath(canary: CanaryKey): string {
  const name = canary.split('/')[1] ?? '';
  return `${canaryFolders(canary).workloads}/${manifestFileName('Canary', name)}`;
}

export function recordPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/${RECORD_FILE}`;
}

export function rejectedPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/${REJECTED_FILE}`;
}

/** People's inbox: the engine reads it and never writes it. */
export function controlPath(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/${CONTROL_FILE}`;
}

export function evidenceFolder(canary: CanaryKey): string {
  return `${canaryFolders(canary).rollout}/evidence`;
}

export function isEvidence(canary: CanaryKey, path: string): boolean {
  return path.startsWith(`${evidenceFolder(canary)}/`);
}

/**
 * Whether a file is one of those that the engine writes for a canary: all manifests, the record, and the
 * evidence. People write the control file, take entries out of the ledger, and put there what they like.
 */
export function isEnginesFile(canary: CanaryKey, path: string): boolean {
  const { workloads, traffic } = canaryFolders(canary);
  const folders = [workloads, traffic, evidenceFolder(canary)];
  return path === recordPath(canary) || folders.some((folder) => path.startsWith(`${folder}/`));
}

/** The canary in whose folders a path lies. */
export function canaryOfPath(path: string): CanaryKey | undefined {
  const [, namespace, name] =
    /^(?:workloads|traffic|rollouts)\/([^/]+)\/([^/]+)\//.exec(path) ?? [];
  return namespace === undefined ? undefined : `${namespace}/${name ?? ''}`;
}

/** An object, by what its file is called after. */
export interface ObjectName {
  /** Absent for cluster-wide objects. */
  readonly namespace: string | undefined;
  readonly kind: string;
  readonly name: string;
}

/** Where a manifest of the source that belongs to no canary stands, carried over unchanged. */
export function othersPath({ namespace, kind, name }: ObjectName): string {
  return `${othersFolder(namespace)}/${manifestFileName(kind, name)}`;
}

export function isOthersPath(path: string): boolean {
  return /^(workloads\/(_cluster|[^/]+\/_other)|traffic\/[^/]+\/_other)\//.test(path);
}

/** The namespace of a manifest that belongs to no canary; absent for the whole cluster. */
export function othersNamespace(path: string): string | undefined {
  return /^workloads\/([^/]+)\/_other\//.exec(path)?.[1];
}

/**
 * Where an object that a canary has left in the traffic stands: an object never moves between the two
 * trees while anybody is served by it, because no agent applies them at the same time.
 */
export function leftFolder(namespace: string): string {
  return `${TRAFFIC_FOLDER}/${namespace}/_other`;
}

/** The same object in the folder of those that were left in the traffic. */
export function leftTwin(home: string): string | undefined {
  const [, namespace, file] = /^workloads\/([^/]+)\/_other\/([^/]+)$/.exec(home) ?? [];
  return namespace === undefined ? undefined : `${leftFolder(namespace)}/${file}`;
}

/** Where an object that a canary has, or has left, would stand if it had never belonged to one. */
export function othersTwin(path: string): string | undefined {
  const [, tree, namespace, owner, file] =
    /^(workloads|traffic)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  return owner === undefined || (tree === 'workloads' && isOthersPath(path))
    ? undefined
    : `${othersFolder(namespace)}/${file}`;
}

export function othersFolder(namespace: string | undefined): string {
  return namespace === undefined
    ? `${WORKLOADS_FOLDER}/_cluster`
    : `${WORKLOADS_FOLDER}/${namespace}/_other`;
}

/** Says what is on its way from one delivery branch to another, on both of them. */
export const MOVES_FOLDER = `${ROLLOUTS_FOLDER}/_moves`;

export function canaryMovePath(canary: CanaryKey): string {
  return `${MOVES_FOLDER}/${canary}.yaml`;
}

export function othersMovePath(from: string, to: string): string {
  return `${MOVES_FOLDER}/_others/${digestOf([from, to])}.yaml`;
}

/** One object a file: `<kind>-<name>.yaml`, lower case. */
export function manifestFileName(kind: string, name: string): string {
  return `${kind.toLowerCase()}-${name}.yaml`;
}
