import { stringify } from 'yaml';
import { z } from 'zod';
import type { JsonObject, Manifest } from '../../constructs/manifest.ts';
import { manifestYaml, parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { Files } from './changeset.ts';

/** What is on its way from one delivery branch to another; stands on both of them meanwhile. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** The last commit of `from` on which it was as it will be again. */
  readonly commit: string;
  /** What belongs to no canary and moves together. */
  readonly paths?: readonly string[] | undefined;
}

const MoveFile = z.strictObject({
  from: z.string(),
  to: z.string(),
  commit: z.string(),
  paths: z.array(z.string()).optional(),
});

export function formatMove(move: Move): string {
  return stringify(move, { sortMapEntries: true });
}

/** Nothing for a file that was not written so. */
export function parseMove(text: string | undefined): Move | undefined {
  if (text === undefined) return undefined;
  try {
    return MoveFile.safeParse(parseManifestYaml(text)).data;
  } catch {
    return undefined;
  }
}

/** Agents apply these, and would delete the objects of one that goes away. */
export function isManifest(path: string): boolean {
  return path.startsWith('workloads/') || path.startsWith('traffic/');
}

/**
 * Manifests whose objects outlive them: no agent deletes these when the file goes away.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
 */
export function keptFiles(files: Files): Files {
  return new Map(
    [...files].map(([path, text]) => [path, isManifest(path) ? keptManifest(text) : text]),
  );
}

function keptManifest(text: string): string {
  const manifest = parseManifestYaml(text) as Manifest & JsonObject;
  const { annotations = {} } = manifest.metadata;
  const options = annotations[ARGOCD];
  const kept = {
    ...annotations,
    [FLUX]: 'disabled',
    [ARGOCD]: options === undefined ? NO_PRUNE : `${options},${NO_PRUNE}`,
  };
  return manifestYaml({ ...manifest, metadata: { ...manifest.metadata, annotations: kept } });
}

const FLUX = 'kustomize.toolkit.fluxcd.io/prune';
const ARGOCD = 'argocd.argoproj.io/sync-options';
const NO_PRUNE = 'Prune=false';
