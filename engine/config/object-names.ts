import type { Manifest } from '../../constructs/manifest.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceObject } from './documents.ts';
import { show } from './issues.ts';

/** Kinds that live in no namespace. */
const CLUSTER_KINDS = new Set([
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

/** A manifest that names no namespace lands in `default`, as `kubectl apply` would put it. */
export function namespaceOf(manifest: Manifest): string | undefined {
  if (CLUSTER_KINDS.has(manifest.kind)) return undefined;
  return manifest.metadata.namespace ?? 'default';
}

export function objectId(names: {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}): string {
  return `${names.kind}/${names.namespace ?? ''}/${names.name}`;
}

/** Names become paths of the delivery branch: nothing but what Kubernetes allows may stand in them. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9A-Z]([-.:a-z0-9A-Z]{0,251}[a-z0-9A-Z])?$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,62}$/;

export function unsafeNames(objects: readonly SourceObject[]): ReadonlyMap<SourceObject, Problem> {
  const problems = new Map<SourceObject, Problem>();
  for (const object of objects) {
    const { kind, metadata } = object.manifest;
    const namespace: unknown = metadata.namespace;
    const field =
      (!KIND.test(kind) && ['kind']) ||
      (!(NAME.test(metadata.name) && !metadata.name.includes('..')) && ['metadata', 'name']) ||
      (namespace !== undefined &&
        !(typeof namespace === 'string' && NAMESPACE.test(namespace)) && ['metadata', 'namespace']);
    if (field === false) continue;
    const value = field[0] === 'kind' ? kind : metadata[field[1] ?? ''];
    problems.set(object, {
      code: 'path-outside',
      message: `${field.join('.')} is ${show(value)}, which Kubernetes would not accept and which could lead out of the delivery branch`,
      remedy: 'use lower case letters, digits and dashes',
      location: object.locate(field),
    });
  }
  return problems;
}
