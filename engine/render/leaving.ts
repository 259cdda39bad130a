import { manifestYaml } from '../../constructs/manifest-yaml.ts';
import type { Manifest } from '../../constructs/manifest.ts';
import type { TracksProps } from '../../constructs/traffic/services.ts';
import { renderPlain, renderRouteToTarget } from '../../constructs/traffic/plain.ts';
import { renderApex, renderTracks } from '../../constructs/traffic/traffic.ts';
import { manifestFileName, othersPath } from '../core/paths.ts';
import type { Files } from './changeset.ts';
import { stayingWith } from './marks.ts';
import type { ResolvedCanary } from './resolved-canary.ts';
import { trackPods } from './track-pods.ts';
import { trafficFolder } from './traffic-folder.ts';

/** The `traffic/` folder of a canary whose target takes all the traffic back. */
export function trafficToTarget(canary: ResolvedCanary, workloads: Files): Files {
  const props = { ...canary, ...trackPods(canary, workloads) };
  return trafficFolder(canary, [
    ...renderApex(props, 'canary'),
    ...renderTracks(props),
    ...renderRouteToTarget(props),
  ]);
}

/** What is left of it once nothing leads to the tracks: they are still there for whoever is late. */
export function tracksAlone(canary: ResolvedCanary, delivered: Files, workloads: Files): Files {
  const props = { ...canary, ...trackPods(canary, workloads) };
  const tracks = trafficFolder(canary, renderTracks(props));
  return new Map([...delivered].filter(([path]) => tracks.has(path)));
}

/**
 * What stays for those who are served by it, where the source holds nothing in its place, by the path
 * that it would have there.
 */
export function leftBehind(canary: ResolvedCanary, workloads: Files): Files {
  const { spec } = canary;
  const { namespace, target } = spec;
  const manifests = renderPlain({ ...canary, ...trackPods(canary, workloads) });
  return new Map(
    manifests.map((manifest) => [
      othersPath({ namespace, kind: manifest.kind, name: manifest.metadata.name }),
      manifestYaml(stayingWith(manifest, target)),
    ]),
  );
}

/**
 * The same as people write it into the source, by file name: what was generated for a canary and is
 * wanted without it.
 */
export function plainFiles(canary: ResolvedCanary): Files {
  return new Map(
    plainManifests(canary).map((manifest) => [
      manifestFileName(manifest.kind, manifest.metadata.name),
      manifestYaml(manifest),
    ]),
  );
}

function plainManifests(canary: ResolvedCanary): readonly Manifest[] {
  return renderPlain({ ...canary, ...sourcePods(canary) });
}

/** Both tracks as the source has their pods; only port discovery asks for them. */
function sourcePods({ written, spec }: ResolvedCanary): Pick<TracksProps, 'pods'> {
  if (written.kind === 'Service' || spec.service.portDiscovery !== true) return {};
  const { template } = written.spec;
  return { pods: { primary: template, canary: template } };
}

/** The public Service as it is going to be once its canary has begun. */
export function upcomingApex(canary: ResolvedCanary): Manifest | undefined {
  return renderApex({ ...canary, ...sourcePods(canary) }, 'primary')[0];
}
