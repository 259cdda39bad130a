/**
 * What an agent applies, each by itself. Workloads and traffic are the two trees of a delivery branch:
 * stuck workloads never hold up the traffic. The routes are files of the traffic's tree: they are all
 * that a step changes, and what an agent applies it applies as a whole.
 */
export const LAYERS = ['workloads', 'traffic', 'routes'] as const;
export type Layer = (typeof LAYERS)[number];

export const WORKLOADS_FOLDER = 'workloads';
export const TRAFFIC_FOLDER = 'traffic';

/** The objects that carry routes out, as they begin the names of their files. */
export const ROUTE_KINDS = ['virtualservice', 'httproute', 'grpcroute'] as const;

const ROUTE_FILE = new RegExp(`/(${ROUTE_KINDS.join('|')})-[^/]+\\.yaml$`);

/** The layer of a file on the delivery branch; none of the engine's own. */
export function layerOf(path: string): Layer | undefined {
  const [tree] = path.split('/', 1);
  if (tree === WORKLOADS_FOLDER) return 'workloads';
  if (tree !== TRAFFIC_FOLDER) return undefined;
  return ROUTE_FILE.test(path) ? 'routes' : 'traffic';
}
