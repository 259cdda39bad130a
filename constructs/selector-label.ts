import type { WorkloadManifest } from './manifest.ts';

/** The one label that tells the pods of the target and of the primary apart. */
export interface SelectorLabel {
  readonly key: string;
  readonly value: string;
}

/** Flagger's default order: the first of these that the target's selector has is used. */
export const SELECTOR_LABELS = ['app', 'name', 'app.kubernetes.io/name'] as const;

/** @param keys in the order in which they are looked for */
export function selectorLabelOf(
  target: WorkloadManifest,
  keys: readonly string[] = SELECTOR_LABELS,
): SelectorLabel | undefined {
  const { matchLabels } = target.spec.selector;
  for (const key of keys) {
    const value = matchLabels[key];
    if (value !== undefined) return { key, value };
  }
  return undefined;
}

/** The label's value on the primary's pods. */
export function primaryValue(label: SelectorLabel): string {
  return `${label.value}-primary`;
}
