import { manifestYaml, parseManifestYaml } from '../../../constructs/manifest-yaml.ts';
import type {
  ConfigManifest,
  Manifest,
  ServiceManifest,
  Texts,
  WorkloadManifest,
} from '../../../constructs/manifest.ts';
import { SELECTOR_LABELS } from '../../../constructs/selector-label.ts';
import { isCopyOf } from '../../../constructs/workloads/config-copy.ts';
import { configReferences } from '../../../constructs/workloads/config-references.ts';
import { renderApex } from '../../../constructs/workloads/workloads.ts';
import type { LabelOptions } from '../../config/label-options.ts';
import { TRACKING } from '../../config/tracked-configs.ts';
import type { SourceFile } from '../../ports/source-reader.ts';
import type { Files } from '../../render/changeset.ts';

/**
 * How the pods of a target read its configuration. One that is being adopted reads it under the names
 * of the source, and copies say what stood there. Afterwards what is read under such a name was not
 * copied, and takes no part in the release.
 */
export type TargetState = 'adopted' | 'released';

/**
 * The manifests of one canary as the source had them, as far as the delivery branch tells: what was
 * generated from them is left out, and what was put in place of something is taken back.
 */
export function asWritten(workloads: Files, state: TargetState): readonly SourceFile[] {
  const delivered = [...workloads].map(([path, text]) => ({
    path,
    text,
    manifest: readManifest(text),
  }));
  const written = delivered.filter(({ path }) => !isPrimary(path));
  const manifests = written.flatMap(({ manifest }) => manifest ?? []);
  const track = candidateService(manifests);
  const sources = written
    .filter(({ manifest }) => manifest === undefined || manifest !== track)
    .map(({ path, text, manifest }) =>
      manifest !== undefined && track !== undefined && isApexOf(manifest, track)
        ? { path, text: manifestYaml(renderApex(manifest as ServiceManifest, track)) }
        : { path, text },
    );
  const configs = originals(manifests, state).map((manifest) => ({
    path: `${manifest.kind}-${manifest.metadata.name}.yaml`,
    text: manifestYaml(manifest),
  }));
  return [...sources, ...configs];
}

/** What stands beside the target is generated from it. */
function isPrimary(path: string): boolean {
  return path.endsWith('-primary.yaml');
}

/** Nothing where somebody wrote what is no manifest; reading the source says so. */
function readManifest(text: string): Manifest | undefined {
  try {
    const { kind, metadata } = parseManifestYaml(text) as Partial<Manifest>;
    const isNamed = typeof kind === 'string' && typeof metadata?.name === 'string';
    return isNamed ? (parseManifestYaml(text) as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The copy of a Service that carries the candidate: where it leads is what the source wants. The
 * target itself leads where the primary does.
 */
function candidateService(manifests: readonly Manifest[]): ServiceManifest | undefined {
  const canary = manifests.find(({ kind }) => kind === 'Canary');
  const { targetRef } = (canary?.['spec'] ?? {}) as { targetRef?: Record<string, unknown> };
  if (targetRef?.['kind'] !== 'Service') return undefined;
  return manifests.find(
    ({ kind, metadata }) =>
      kind === 'Service' && metadata.name === `${String(targetRef['name'])}-canary`,
  ) as ServiceManifest | undefined;
}

function isApexOf({ kind, metadata }: Manifest, track: ServiceManifest): boolean {
  return kind === 'Service' && `${metadata.name}-canary` === track.metadata.name;
}

/** What pods read under the names of the source, which are no canary's to hold. */
function originals(manifests: readonly Manifest[], state: TargetState): readonly Manifest[] {
  const isThere = (kind: string, name: string) =>
    manifests.some((each) => each.kind === kind && each.metadata.name === name);
  const found = new Map<string, Manifest>();
  for (const { kind, name } of manifests.filter(isWorkload).flatMap(referencesOf)) {
    if (isThere(kind, name)) continue;
    const copy = manifests.find(
      (each): each is ConfigManifest => each.kind === kind && isCopyOf(each.metadata.name, name),
    );
    if (copy !== undefined && state === 'adopted') {
      found.set(`${kind}/${name}`, { ...copy, metadata: { ...copy.metadata, name } });
    } else if (kind === 'ConfigMap') {
      found.set(`${kind}/${name}`, untracked(name, manifests[0]?.metadata.namespace));
    }
  }
  return [...found.values()];
}

function isWorkload(manifest: Manifest): manifest is WorkloadManifest {
  return manifest.kind === 'Deployment' || manifest.kind === 'DaemonSet';
}

function referencesOf({ spec }: WorkloadManifest): ReturnType<typeof configReferences> {
  const template = (spec as Partial<WorkloadManifest['spec']> | undefined)?.template;
  return template === undefined ? [] : configReferences(template);
}

function untracked(name: string, namespace: string | undefined): Manifest {
  const annotations = { [TRACKING]: 'disabled' };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), annotations },
  };
}

/** By which label the tracks are told apart, and which labels were taken over: the branch shows it. */
export function labelsShown(workloads: Files): LabelOptions {
  const shown = [...workloads].flatMap(([path, text]) => {
    const manifest = readManifest(text);
    const isShowing =
      isPrimary(path) || manifest?.kind === 'ConfigMap' || manifest?.kind === 'Secret';
    return manifest !== undefined && isShowing ? [manifest] : [];
  });
  const selectors = shown.filter(isWorkload).flatMap(selectorKeys);
  const prefixes = shown.flatMap(({ metadata: { labels } }) => Object.keys(labels ?? {}));
  return { selectors: [...selectors, ...SELECTOR_LABELS], prefixes };
}

function selectorKeys({ spec }: WorkloadManifest): readonly string[] {
  const { selector } = (spec ?? {}) as { selector?: { matchLabels?: Texts } };
  return Object.keys(selector?.matchLabels ?? {});
}
