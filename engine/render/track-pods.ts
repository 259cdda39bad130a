import { parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { PodTemplate, WorkloadManifest } from '../../constructs/manifest.ts';
import type { TracksProps } from '../../constructs/traffic/services.ts';
import { assertInvariant } from '../core/errors.ts';
import { canaryFolders, manifestFileName } from '../core/paths.ts';
import type { Files } from './changeset.ts';
import type { ResolvedCanary } from './resolved-canary.ts';

/**
 * The pods of both tracks as the same commit has them. Only port discovery asks for them: each
 * Service has the ports of its own track, so that a port which a new revision drops stays with the
 * primary until that revision is promoted.
 */
export function trackPods(
  { key, spec }: ResolvedCanary,
  workloads: Files,
): Pick<TracksProps, 'pods'> {
  const { kind, name } = spec.target;
  if (kind === 'Service' || spec.service.portDiscovery !== true) return {};
  const template = (workload: string): PodTemplate => {
    const path = `${canaryFolders(key).workloads}/${manifestFileName(kind, workload)}`;
    const text = workloads.get(path);
    assertInvariant(text !== undefined, `the commit holds no ${path}`);
    return (parseManifestYaml(text) as WorkloadManifest).spec.template;
  };
  return { pods: { primary: template(`${name}-primary`), canary: template(name) } };
}
