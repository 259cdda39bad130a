import type { CanarySpec } from './canary-spec.ts';
import type { DeploymentManifest, Json, JsonObject, Manifest, PodTemplate } from './manifest.ts';
import { primaryValue, type SelectorLabel } from './selector-label.ts';

/** Field of the metadata that an API server or a sync agent sets, and that never belongs in Git. */
const SERVER_METADATA = new Set([
  'creationTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

const FOREIGN_KEYS = [
  /toolkit\.fluxcd\.io/,
  /^kubectl\.kubernetes\.io\/last-applied-configuration$/,
  /^argocd\.argoproj\.io\/(tracking-id|installation-id)$/,
];

/** A manifest as it stands in Git: without status, and without what agents and servers add. */
export function cleanManifest<T extends Manifest>(manifest: T): T {
  const { status: _, metadata, ...rest } = manifest;
  const kept = Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key));
  const cleaned = { ...Object.fromEntries(kept), ...ownKeys(metadata) };
  return { ...rest, metadata: cleaned } as unknown as T;
}

type Texts = Readonly<Record<string, string>>;

function ownKeys({ labels, annotations }: { labels?: Texts; annotations?: Texts }): {
  labels?: Texts;
  annotations?: Texts;
} {
  return {
    ...(labels === undefined ? {} : { labels: withoutForeign(labels) }),
    ...(annotations === undefined ? {} : { annotations: withoutForeign(annotations) }),
  };
}

function withoutForeign(texts: Texts): Texts {
  const own = Object.entries(texts).filter(
    ([key]) => !FOREIGN_KEYS.some((foreign) => foreign.test(key)),
  );
  return Object.fromEntries(own);
}

/** The target as the user wrote it, at a given scale. */
export function renderTarget(props: {
  readonly target: DeploymentManifest;
  readonly replicas: number;
}): DeploymentManifest {
  const target = cleanManifest(props.target);
  return { ...target, spec: { ...target.spec, replicas: props.replicas } };
}

export interface PrimaryProps {
  readonly spec: CanarySpec;
  readonly target: DeploymentManifest;
  readonly selectorLabel: SelectorLabel;
}

/** What the primary takes over from the target beside its pods. */
const COPIED_FIELDS = [
  'minReadySeconds',
  'progressDeadlineSeconds',
  'revisionHistoryLimit',
  'strategy',
];

/**
 * The stable copy of the target, `T-primary`: the same pods under their own label, so that neither
 * Deployment ever selects the other's.
 */
export function renderPrimary({ spec, target, selectorLabel }: PrimaryProps): DeploymentManifest {
  const { metadata, spec: source } = cleanManifest(target);
  const { key } = selectorLabel;
  const value = primaryValue(selectorLabel);
  const replicas = source.replicas ?? 1;
  const copied = Object.fromEntries(
    COPIED_FIELDS.flatMap((field) => (source[field] === undefined ? [] : [[field, source[field]]])),
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `${spec.target.name}-primary`,
      namespace: spec.namespace,
      labels: { [key]: value },
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
    },
    spec: {
      ...copied,
      replicas: replicas > 0 ? replicas : 1,
      selector: { matchLabels: { [key]: value } },
      template: primaryTemplate(source.template, selectorLabel),
    },
  };
}

function primaryTemplate(template: PodTemplate, label: SelectorLabel): PodTemplate {
  const { metadata = {} } = template;
  return {
    ...template,
    metadata: {
      ...metadata,
      ...ownKeys(metadata),
      labels: {
        ...withoutForeign(metadata.labels ?? {}),
        [label.key]: primaryValue(label),
      },
    },
    ...(template.spec === undefined ? {} : { spec: spreadByPrimary(template.spec, label) }),
  };
}

/**
 * Rules that keep a workload's pods apart name its label; on the primary they must name the
 * primary's, or its pods would be kept apart from the canary's instead of from each other.
 */
function spreadByPrimary(spec: JsonObject, label: SelectorLabel): JsonObject {
  const { affinity, topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(isObject(affinity) && affinity['podAntiAffinity'] !== undefined
      ? {
          affinity: {
            ...affinity,
            podAntiAffinity: selectPrimary(affinity['podAntiAffinity'], label),
          },
        }
      : {}),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: selectPrimary(topologySpreadConstraints, label) }),
  };
}

/** Rewrites every label selector below a node: `matchLabels` and `matchExpressions` values. */
function selectPrimary(node: Json, label: SelectorLabel): Json {
  if (Array.isArray(node)) return node.map((item: Json) => selectPrimary(item, label));
  if (!isObject(node)) return node;
  if (node['key'] === label.key && Array.isArray(node['values'])) {
    const values = node['values'].map((value: Json) =>
      value === label.value ? primaryValue(label) : value,
    );
    return { ...node, values };
  }
  const entries = Object.entries(node).map(([key, child]) => {
    if (child === undefined) return [key, child];
    const isLabel = key === label.key && child === label.value;
    return [key, isLabel ? primaryValue(label) : selectPrimary(child, label)];
  });
  return Object.fromEntries(entries) as JsonObject;
}

function isObject(node: Json | undefined): node is JsonObject {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/**
 * The user's Canary object. Argo CD's own health check for it fails while the status is incomplete,
 * and would then stop the sync of the whole application.
 */
export function renderCanaryObject(manifest: Manifest): Manifest {
  const canary = cleanManifest(manifest);
  const { annotations } = canary.metadata;
  return {
    ...canary,
    metadata: {
      ...canary.metadata,
      annotations: { ...annotations, 'argocd.argoproj.io/ignore-healthcheck': 'true' },
    },
  };
}
