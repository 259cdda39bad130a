import type { Json, JsonObject, PodTemplate } from '../manifest.ts';
import { primaryValue, type SelectorLabel } from '../selector-label.ts';
import { ownTexts } from './clean-manifest.ts';

/** The target's pods under the primary's label. */
export function primaryTemplate(template: PodTemplate, label: SelectorLabel): PodTemplate {
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
