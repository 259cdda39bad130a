import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { layerOf } from '../../constructs/delivery-layers.ts';
import type { CommittedRoute } from '../core/liveness.ts';
import { canaryFolders } from '../core/paths.ts';
import type { ObjectReference } from '../ports/cluster.ts';
import type { DeliveryRepository, TreeEntry } from '../ports/delivery-repository.ts';
import { parseTrafficFile } from '../render/traffic-folder.ts';
import type { EngineMemory } from './memory.ts';

/**
 * The routing object of a canary as it stands at a commit: what the cluster is compared with. It is
 * parsed anew only when it has changed.
 */
export async function committedRoute(
  delivery: DeliveryRepository,
  memory: EngineMemory,
  tip: string,
  canary: CanaryKey,
): Promise<CommittedRoute | undefined> {
  const { traffic, workloads } = canaryFolders(canary);
  const entry =
    routeEntry(await delivery.list(tip, traffic)) ?? apexEntry(await delivery.list(tip, workloads));
  if (entry === undefined) return undefined;
  const known = memory.routes.get(canary);
  if (known?.blob === entry.blob) return known.route;
  const text = (await delivery.read([entry.blob])).get(entry.blob);
  if (text === undefined) return undefined;
  const route = parseTrafficFile(text) as CommittedRoute;
  memory.routes.set(canary, { blob: entry.blob, route });
  return route;
}

const SERVICE = /\/(service-[^/]+)\.yaml$/;

function routeEntry(entries: readonly TreeEntry[]): TreeEntry | undefined {
  return entries.find(({ path }) => layerOf(path) === 'routes') ?? apexEntry(entries);
}

/**
 * Where there are Services alone, the apex decides: the one whose tracks stand beside it. It is among
 * the workloads when the target is a Service.
 */
function apexEntry(entries: readonly TreeEntry[]): TreeEntry | undefined {
  const paths = new Set(entries.map(({ path }) => path));
  return entries.find(
    ({ path }) => SERVICE.test(path) && paths.has(path.replace(/\.yaml$/, '-primary.yaml')),
  );
}

export function referenceTo({ apiVersion, kind, metadata }: CommittedRoute): ObjectReference {
  const { namespace = 'default', name } = metadata;
  return { apiVersion, kind, namespace, name };
}
