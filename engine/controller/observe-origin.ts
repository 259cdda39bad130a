import { parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { Manifest } from '../../constructs/manifest.ts';
import { renderTraffic } from '../../constructs/traffic/traffic.ts';
import { primaryName } from '../../constructs/workloads/workloads.ts';
import type { Observation } from '../core/observation.ts';
import {
  considerObject,
  considerOrigin,
  considerService,
  imagesOf,
  type Obstacle,
} from '../core/origin.ts';
import { leftTwin, othersPath } from '../core/paths.ts';
import { upcomingApex } from '../render/leaving.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { readEntries } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';

/**
 * What stands where the objects of a new canary are to be: another tool may have made them, this engine
 * before its branch was lost, or people who wrote the public Service by hand.
 */
export async function observeOrigin(
  ports: Pick<EnginePorts, 'delivery' | 'origins'>,
  tip: string | undefined,
  canary: ResolvedCanary,
): Promise<Pick<Observation, 'obstacle'>> {
  if (canary.spec.suspend) return {};
  const obstacle =
    (await workloadObstacle(ports, canary)) ??
    (await serviceObstacle(ports, tip, canary)) ??
    (await objectObstacle(ports, canary));
  return obstacle === undefined ? {} : { obstacle };
}

async function workloadObstacle(
  { origins }: Pick<EnginePorts, 'origins'>,
  { spec, target }: ResolvedCanary,
): Promise<Obstacle | undefined> {
  if (target.kind === 'Service') return undefined;
  const name = primaryName(spec.target);
  const origin = await origins?.origin(target.kind, spec.namespace, name);
  const title = `${target.kind} ${name}.${spec.namespace}`;
  return considerOrigin(origin, imagesOf(target.spec.template), title);
}

async function serviceObstacle(
  { delivery }: Pick<EnginePorts, 'delivery'>,
  tip: string | undefined,
  canary: ResolvedCanary,
): Promise<Obstacle | undefined> {
  const generated = upcomingApex(canary);
  if (tip === undefined || generated === undefined) return undefined;
  const { kind, metadata } = generated;
  const home = othersPath({ namespace: canary.spec.namespace, kind, name: metadata.name });
  const places = [home, leftTwin(home) ?? home];
  const folders = new Set(places.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const lists = await Promise.all([...folders].map((folder) => delivery.list(tip, folder)));
  const entries = lists.flat().filter(({ path }) => places.includes(path));
  const [text] = (await readEntries(delivery, entries)).values();
  return text === undefined
    ? undefined
    : considerService(parseManifestYaml(text) as Manifest, generated);
}

/** What only the cluster knows: a real Flagger's marks on its objects. */
async function objectObstacle(
  { origins }: Pick<EnginePorts, 'origins'>,
  canary: ResolvedCanary,
): Promise<Obstacle | undefined> {
  if (origins === undefined) return undefined;
  const { namespace } = canary.spec;
  for (const { apiVersion, kind, name } of takenOver(canary)) {
    const origin = await origins.object({ apiVersion, kind, namespace, name });
    const obstacle = considerObject(origin, `${kind} ${name}.${namespace}`);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The engine has no right to look at DestinationRules, and needs none: their Canary is looked at. */
function takenOver(canary: ResolvedCanary): readonly Named[] {
  const { apiVersion, kind, metadata } = canary.canaryManifest;
  const state = { weights: { primary: 100, canary: 0 }, mirrored: false };
  const apex = upcomingApex(canary);
  const routes = renderTraffic({ ...canary, spec: withoutDiscovery(canary.spec), state }).filter(
    (manifest) => manifest.kind !== 'DestinationRule',
  );
  return [
    ...routes.map((manifest) => ({ ...manifest, name: manifest.metadata.name })),
    ...(apex === undefined
      ? [{ apiVersion: 'v1', kind: 'Service', name: canary.spec.service.name }]
      : []),
    { apiVersion, kind, name: metadata.name },
  ];
}

/** Which objects there are does not depend on their ports. */
function withoutDiscovery(spec: ResolvedCanary['spec']): ResolvedCanary['spec'] {
  const { portDiscovery: _, ...service } = spec.service;
  return { ...spec, service };
}
