import { annotateYaml, parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { TargetRef } from '../../constructs/canary-spec.ts';
import type { Manifest } from '../../constructs/manifest.ts';
import { type ObjectName, othersPath } from '../core/paths.ts';

/**
 * What the engine notes on manifests that belong to no canary, so that nobody who is served by them
 * is left alone when a canary comes or goes.
 */

/** The object stays as long as the source holds this one: `Deployment/reviews`. */
const STAYS_WITH = 'serin/stays-with';

/** @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-garbage-collection-behavior */
const FLUX_PRUNE = 'kustomize.toolkit.fluxcd.io/prune';

/** @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources */
const ARGO_OPTIONS = 'argocd.argoproj.io/sync-options';
const ARGO_NO_PRUNE = 'Prune=false';

/** The manifest as it is, and no agent deletes its object when it finds it gone from its tree. */
export function withPruningOff(text: string, target: Named): string {
  const options = annotationOf(text, ARGO_OPTIONS)?.split(',') ?? [];
  return annotateYaml(text, {
    [STAYS_WITH]: `${target.kind}/${target.name}`,
    [FLUX_PRUNE]: 'disabled',
    [ARGO_OPTIONS]: [...new Set([...options, ARGO_NO_PRUNE])].join(','),
  });
}

/** The same for a manifest that stays where it is after all. */
export function withPruningOn(text: string): string {
  if (annotationOf(text, FLUX_PRUNE) === undefined) return text;
  const options = annotationOf(text, ARGO_OPTIONS)?.split(',') ?? [];
  const others = options.filter((option) => option !== ARGO_NO_PRUNE);
  return annotateYaml(text, {
    [FLUX_PRUNE]: undefined,
    [ARGO_OPTIONS]: others.length === 0 ? undefined : others.join(','),
  });
}

/** A manifest that comes anew from the source, as far as the one that stands there must not be pruned. */
export function withMarksOf(before: string, text: string): string {
  const target = annotationOf(before, FLUX_PRUNE) === undefined ? undefined : targetOf(before);
  return target === undefined ? text : withPruningOff(text, target);
}

export function stayingWith(manifest: Manifest, target: TargetRef): Manifest {
  const { annotations } = manifest.metadata;
  const note = { [STAYS_WITH]: `${target.kind}/${target.name}` };
  return {
    ...manifest,
    metadata: { ...manifest.metadata, annotations: { ...annotations, ...note } },
  };
}

/** The path of the object that a manifest stays with, as if that belonged to no canary. */
export function staysWith(text: string, namespace: string): string | undefined {
  const target = targetOf(text);
  return target && othersPath({ namespace, ...target });
}

type Named = Pick<ObjectName, 'kind' | 'name'>;

function targetOf(text: string): Named | undefined {
  const [kind, name] = annotationOf(text, STAYS_WITH)?.split('/') ?? [];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

function annotationOf(text: string, key: string): string | undefined {
  if (!text.includes(key)) return undefined;
  const manifest = parseManifestYaml(text) as Partial<Manifest> | null;
  const value: unknown = manifest?.metadata?.annotations?.[key];
  return typeof value === 'string' ? value : undefined;
}
