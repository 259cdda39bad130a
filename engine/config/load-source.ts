import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Problem } from '../core/errors.ts';
import type { SecretValues } from '../ports/secret-reader.ts';
import type { SourceFile } from '../ports/source-reader.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { readAlertProviders } from './alert-provider.ts';
import { parseSourceFile, type SourceObject } from './documents.ts';
import { byPlace } from './issues.ts';
import { readTemplates } from './metric-template.ts';
import { namespaceOf, unsafeNames } from './object-names.ts';
import { readCanary } from './read-canary.ts';
import { writtenSecrets } from './written-secrets.ts';
import { duplicateObjects, ownershipProblems } from './source-rules.ts';

/** What the source says: the canaries that are in order, everything else, and what is wrong. */
export interface LoadedSource {
  readonly canaries: readonly ResolvedCanary[];
  readonly others: readonly OtherManifest[];
  /** Secrets that stand in clear in the source, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, SecretValues>;
  readonly problems: readonly Problem[];
  /**
   * Every file could be read, and there was one; otherwise nobody may conclude that something was
   * removed.
   */
  readonly complete: boolean;
}

/** A manifest that belongs to no canary. */
export interface OtherManifest {
  /** Absent for cluster-wide objects. */
  readonly namespace: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

export interface LoadOptions {
  /** Canaries that the delivery branch knows: in a quarrel over a target the newcomer loses. */
  readonly established: ReadonlySet<CanaryKey>;
  /** What could not even be read. */
  readonly unread?: readonly Problem[] | undefined;
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
  const references = {
    alertProviders: alerting.providers,
    metricTemplates: measuring.templates,
  };
  const readings = written.map((object) => readCanary(object, objects, duplicates, references));
  const readable = readings.flatMap(({ canary }) => (canary === undefined ? [] : [canary]));
  const ownership = ownershipProblems(readable, written, objects, options.established);
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
  const targets = new Set(readings.flatMap(({ target }) => target ?? []));
  return {
    canaries: readable.map(({ resolved }) => resolved).filter(({ key }) => !refused.has(key)),
    others: objects.filter((object) => !isCanary(object) && !targets.has(object)).map(otherOf),
    secrets: writtenSecrets(objects),
    problems: problems.toSorted(byPlace),
    complete: read.length > 0 && syntax.length + unsafe.size + duplicates.size === 0,
  };
}

function isCanary({ manifest }: SourceObject): boolean {
  return manifest.kind === 'Canary' && manifest.apiVersion.startsWith('flagger.app/');
}

function otherOf({ manifest, text }: SourceObject): OtherManifest {
  const { kind, metadata } = manifest;
  return { namespace: namespaceOf(manifest), kind, name: metadata.name, text };
}

function emptySource(files: readonly SourceFile[]): Problem {
  return {
    code: 'source-empty',
    message: `the source holds no manifests (${files.length} YAML files below its path)`,
    remedy: 'check the branch and path of the source',
  };
}
