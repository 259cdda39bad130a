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
  /^deployment\.kubernetes\.io\/revision$/,
];

/**
 * A manifest as it stands in Git: without status, and without what agents and servers add. Flux's
 * keys go even where a user wrote them: the usual ones keep Flux away from what Flagger changes,
 * and here Flux is to apply just that.
 */
export function cleanManifest<T extends Manifest>(manifest: T): T {
  const { status: _, metadata, ...rest } = manifest;
  const kept = Object.entries(metadata).filter(([key]) => !SERVER_METADATA.has(key));
  return { ...rest, metadata: ownTexts(Object.fromEntries(kept)) } as unknown as T;
}

interface Texts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Labels and annotations without foreign keys; a map of which nothing is left goes as well. */
export function ownTexts<T extends Texts>(metadata: T): T {
  const { labels, annotations, ...rest } = metadata;
  return {
    ...rest,
    ...ownText('labels', labels),
    ...ownText('annotations', annotations),
  } as unknown as T;
}

function ownText(field: keyof Texts, texts: Texts['labels']): Texts {
  const own = Object.entries(texts ?? {}).filter(
    ([key]) => !FOREIGN_KEYS.some((foreign) => foreign.test(key)),
  );
  return own.length === 0 ? {} : { [field]: Object.fromEntries(own) };
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
  const metadata = ownTexts(template.metadata ?? {});
  const labels = { ...metadata.labels, [label.key]: primaryValue(label) };
  return {
    ...template,
    metadata: { ...metadata, labels },
    ...(template.spec === undefined ? {} : { spec: spreadByPrimary(template.spec, label) }),
  };
}

/**
 * Rules that keep a workload's pods apart name its label; on the primary they must name the
 * primary's, or its pods would be kept apart from the canary's instead of from each other.
 */
function spreadByPrimary(spec: JsonObject, label: SelectorLabel): JsonObject {
  const { affinity, topologySpreadConstraints } = spec;
  const antiAffinity = isObject(affinity) ? affinity['podAntiAffinity'] : undefined;
  return {
    ...spec,
    ...(isObject(affinity) && antiAffinity !== undefined
      ? { affinity: { ...affinity, podAntiAffinity: selectPrimary(antiAffinity, label) } }
      : {}),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: selectPrimary(topologySpreadConstraints, label) }),
  };
}

/** Rewrites every `labelSelector` below a node; a `namespaceSelector` speaks of other labels. */
function selectPrimary(node: Json, label: SelectorLabel): Json {
  if (Array.isArray(node)) return node.map((item: Json) => selectPrimary(item, label));
  if (!isObject(node)) return node;
  return mapValues(node, (key, child) =>
    key === 'labelSelector' && isObject(child)
      ? primarySelector(child, label)
      : selectPrimary(child, label),
  );
}

/** A label selector in both of its forms, equality and set. */
function primarySelector(selector: JsonObject, label: SelectorLabel): JsonObject {
  const renamed = (value: Json): Json => (value === label.value ? primaryValue(label) : value);
  return mapValues(selector, (field, child) => {
    if (field === 'matchLabels' && isObject(child)) {
      return mapValues(child, (key, value) => (key === label.key ? renamed(value) : value));
    }
    if (field === 'matchExpressions' && Array.isArray(child)) {
      return child.map((expression: Json) =>
        isObject(expression) && expression['key'] === label.key
          ? mapValues(expression, (key, value) =>
              key === 'values' && Array.isArray(value) ? value.map(renamed) : value,
            )
          : expression,
      );
    }
    return child;
  });
}

function mapValues(node: JsonObject, change: (key: string, value: Json) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, change(key, value)]],
    ),
  );
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
