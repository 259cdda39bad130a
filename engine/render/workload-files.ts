import { manifestYaml, parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type {
  AutoscalerManifest,
  JsonObject,
  Manifest,
  TargetManifest,
} from '../../constructs/manifest.ts';
import { configReferences } from '../../constructs/workloads/config-references.ts';
import { candidateName, primaryName } from '../../constructs/workloads/workloads.ts';
import { assertInvariant } from '../core/errors.ts';
import { canaryFolders, manifestFileName } from '../core/paths.ts';
import type { Files } from './changeset.ts';
import type { ResolvedCanary } from './resolved-canary.ts';

/** The files of a canary's `workloads/` folder, and what stands in them. */

export function file(canary: ResolvedCanary, manifest: Manifest): Files {
  const path = pathOf(canary, manifest.kind, manifest.metadata.name);
  return new Map([[path, manifestYaml(manifest)]]);
}

function pathOf({ key }: ResolvedCanary, kind: string, name: string): string {
  return `${canaryFolders(key).workloads}/${manifestFileName(kind, name)}`;
}

export function targetPath(canary: ResolvedCanary): string {
  const { target } = canary.spec;
  return pathOf(canary, target.kind, candidateName(target));
}

export function primaryPath(canary: ResolvedCanary): string {
  const { target } = canary.spec;
  return pathOf(canary, target.kind, primaryName(target));
}

/** One track's workload, with what scales it. */
export interface TrackManifests {
  readonly target: TargetManifest;
  readonly autoscaler: AutoscalerManifest | undefined;
}

export function readTrack(files: Files, path: string): TrackManifests {
  const text = files.get(path);
  assertInvariant(text !== undefined, `there is no ${path} on the delivery branch`);
  const target = parseManifestYaml(text) as TargetManifest;
  const [autoscaler] = autoscalersOf(files, target.metadata.name);
  return { target, autoscaler: autoscaler?.manifest };
}

/** The files after a track has been written anew: an autoscaler it no longer has goes. */
export function withTrack(files: Files, workload: string, track: Files): Files {
  const former = new Set(autoscalersOf(files, workload).map(({ path }) => path));
  return new Map([...[...files].filter(([path]) => !former.has(path)), ...track]);
}

interface AutoscalerFile {
  readonly path: string;
  readonly manifest: AutoscalerManifest;
}

function autoscalersOf(files: Files, workload: string): readonly AutoscalerFile[] {
  return [...files].flatMap(([path, text]) => {
    if (!/\/(horizontalpodautoscaler|scaledobject)-[^/]+$/.test(path)) return [];
    const manifest = parseManifestYaml(text) as AutoscalerManifest;
    const reference = manifest.spec['scaleTargetRef'] as JsonObject;
    return reference['name'] === workload ? [{ path, manifest }] : [];
  });
}

export function configFiles(canary: ResolvedCanary): Files {
  return new Map(canary.configs.flatMap((config) => [...file(canary, config)]));
}

/**
 * Without the configuration that neither track reads any more. What the primary read before a
 * promotion stays until the end of the rollout: old pods may start again until the new ones are all
 * there.
 */
export function withoutStaleConfigs(canary: ResolvedCanary, files: Files): Files {
  const read = configsRead(canary, files);
  const folder = canaryFolders(canary.key).workloads;
  const isConfig = (path: string) => /^\/(configmap|secret)-/.test(path.slice(folder.length));
  return new Map([...files].filter(([path]) => !isConfig(path) || read.has(path)));
}

/** The files of the ConfigMaps and Secrets that the workloads among these files read. */
export function configsRead(canary: ResolvedCanary, files: Files): ReadonlySet<string> {
  const tracks = [targetPath(canary), primaryPath(canary)].filter((path) => files.has(path));
  const references = tracks.flatMap((path) => {
    const { target } = readTrack(files, path);
    return target.kind === 'Service' ? [] : configReferences(target.spec.template);
  });
  return new Set(references.map(({ kind, name }) => pathOf(canary, kind, name)));
}

export function below(files: Files, folder: string): Files {
  return new Map([...files].filter(([path]) => path.startsWith(folder)));
}
