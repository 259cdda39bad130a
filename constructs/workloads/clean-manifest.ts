import type { Manifest } from '../manifest.ts';

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

/**
 * The labels that copies of an object take over: those that begin with one of the prefixes. None by
 * default, because labels select and group; `*` takes all.
 */
export function keptLabels(
  labels: Texts['labels'],
  prefixes: readonly string[] = [],
): Readonly<Record<string, string>> {
  const isKept = (key: string) =>
    prefixes.some((prefix) => prefix === '*' || key.startsWith(prefix));
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => isKept(key)));
}
