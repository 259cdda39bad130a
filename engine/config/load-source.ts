import { type CanaryKey, canaryKey } from '../../constructs/canary-spec.ts';
import type { Problem } from '../core/errors.ts';
import { othersPath } from '../core/paths.ts';
import type { SecretValues } from '../ports/secret-reader.ts';
import type { SourceFile } from '../ports/source-reader.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { readAlertProviders } from './alert-provider.ts';
import { parseSourceFile, type SourceObject } from './documents.ts';
import { byPlace } from './issues.ts';
import { readTemplates } from './metric-template.ts';
import { DEFAULT_LABELS, type LabelOptions } from './label-options.ts';
import { indexObjects } from './object-index.ts';
import { namespaceOf, unsafeNames } from './object-names.ts';
import { strayAutoscalers } from './read-autoscaler.ts';
import type { ReadableSource } from './readable-source.ts';
import { readCanary } from './read-canary.ts';
import { generatedPaths } from './reserved.ts';
import { writtenSecrets } from './written-secrets.ts';
import { duplicateObjects, ownershipProblems } from './source-rules.ts';

/** What the source says: the canaries that are in order, everything else, and what is wrong. */
export interface LoadedSource {
  readonly canaries: readonly ResolvedCanary[];
  /** The manifests that belong to no canary, by their path on the delivery branch. */
  readonly others: ReadonlyMap<string, string>;
  /**
   * Where the objects that belong to a canary, also to a broken one, would stand otherwise: those of
   * the source, and those that are generated for it.
   */
  readonly claimed: ReadonlyMap<string, CanaryKey>;
  /** Every object but the Canaries, by the path that it has where it belongs to none of them. */
  readonly held: ReadonlyMap<string, string>;
  /** Every Canary, also a broken one. */
  readonly written: ReadonlySet<CanaryKey>;
  /** To read what else may name something in it. */
  readonly source: ReadableSource;
  /** Secrets that stand in clear in the source, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, SecretValues>;
  readonly problems: readonly Problem[];
  /**
   * Every file could be read, and there was one; otherwise nobody may conclude that something was
   * removed.
   */
  readonly complete: boolean;
}

export interface LoadOptions {
  /** Canaries that the delivery branch knows: in a quarrel over a target the newcomer loses. */
  readonly established: ReadonlySet<CanaryKey>;
  /** What could not even be read. */
  readonly unread?: readonly Problem[] | undefined;
  readonly labels?: LabelOptions;
}

/** Reads what people wrote: parse, normalize, apply the rules. Every problem at once; never throws. */
export function loadSource(files: readonly SourceFile[], options: LoadOptions): LoadedSource {
  const parsed = files.map(parseSourceFile);
  const syntax = [...(options.unread ?? []), ...parsed.flatMap(({ problems }) => problems)];
  const read = parsed.flatMap(({ objects }) => objects);
  const unsafe = unsafeNames(read);
  const safe = read.filter((object) => !unsafe.has(object));
  const duplicates = duplicateObjects(safe.filter((object) => !isCanary(object)));
  const objects = safe.filter((object) => !duplicates.has(object));
  const written = objects.filter(isCanary);
  const alerting = readAlertProviders(objects);
  const measuring = readTemplates(objects);
  const source = {
    find: indexObjects(objects),
    findDuplicate: indexObjects(duplicates.keys()),
    labels: options.labels ?? DEFAULT_LABELS,
    references: { alertProviders: alerting.providers, metricTemplates: measuring.templates },
  };
  const readings = written.map((object) => readCanary(object, source));
  const readable = readings.flatMap(({ canary }) => (canary === undefined ? [] : [canary]));
  const ownership = [
    ...ownershipProblems(readable, written, objects, options.established),
    ...strayAutoscalers(objects, readable),
  ];
  const problems = [
    ...syntax,
    ...unsafe.values(),
    ...duplicates.values(),
    ...alerting.problems,
    ...measuring.problems,
    ...readings.flatMap(({ problems: own }) => own),
    ...ownership,
    ...(read.length === 0 && syntax.length === 0 ? [emptySource(files)] : []),
  ];
  const refused = new Set(ownership.flatMap(({ canary }) => canary ?? []));
  const claims = written.flatMap((object, index) => {
    return (readings[index]?.claims ?? []).map((claim) => [claim, keyOf(object)] as const);
  });
  const claimed = new Map(claims);
  const plain = objects.filter((object) => !isCanary(object));
  const held = new Map(plain.map((object) => [pathOf(object), object.text]));
  return {
    canaries: readable.map(({ resolved }) => resolved).filter(({ key }) => !refused.has(key)),
    others: new Map(
      plain.filter((object) => !claimed.has(object)).map((object) => [pathOf(object), object.text]),
    ),
    claimed: new Map([
      ...written.flatMap((object) => generatedBy(object, held)),
      ...[...claimed].map(([object, key]) => [pathOf(object), key] as const),
    ]),
    held,
    written: new Set(written.map(keyOf)),
    source,
    secrets: writtenSecrets(objects),
    problems: problems.toSorted(byPlace),
    complete: read.length > 0 && syntax.length + unsafe.size + duplicates.size === 0,
  };
}

function isCanary({ manifest }: SourceObject): boolean {
  return manifest.kind === 'Canary' && manifest.apiVersion.startsWith('flagger.app/');
}

/** What is generated for a Canary is its own, unless people have written it as well. */
function generatedBy(
  object: SourceObject,
  held: ReadonlyMap<string, string>,
): readonly (readonly [string, CanaryKey])[] {
  const paths = generatedPaths(object).filter((path) => !held.has(path));
  return paths.map((path) => [path, keyOf(object)] as const);
}

function keyOf({ manifest: { metadata } }: SourceObject): CanaryKey {
  return canaryKey({ namespace: metadata.namespace ?? 'default', name: metadata.name });
}

function pathOf({ manifest }: SourceObject): string {
  const { kind, metadata } = manifest;
  return othersPath({ namespace: namespaceOf(manifest), kind, name: metadata.name });
}

function emptySource(files: readonly SourceFile[]): Problem {
  return {
    code: 'source-empty',
    message: `the source holds no manifests (${files.length} YAML files below its path)`,
    remedy: 'check the branch and path of the source',
  };
}
