import type { Manifest, PodTemplate } from '../../constructs/manifest.ts';

/** Container images by the containers' names, init containers included. */
export type Images = Readonly<Record<string, string>>;

/** A workload that was in the cluster before anything was committed for its canary. */
export type WorkloadOrigin =
  | {
      readonly state: 'found';
      readonly images: Images;
      /** Whose it is by its owner references: `Canary reviews`. */
      readonly owner?: string;
    }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** An object of the routes that was in the cluster before anything was committed for its canary. */
export type ObjectOrigin =
  | {
      readonly state: 'found';
      /** Whose it is by its owner references: `Canary reviews`. */
      readonly owner?: string;
      /** An annotation by which agents leave it alone. */
      readonly guard?: string;
      /** Keeps it from being deleted until somebody takes this away. */
      readonly finalizer?: string;
    }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** Why a new canary cannot be begun with. */
export type Obstacle =
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'blocked'; readonly why: string; readonly remedy: string };

interface Container {
  readonly name?: unknown;
  readonly image?: unknown;
}

/** Init containers first. */
export function containersOf(template: PodTemplate): readonly Container[] {
  const lists = [template.spec?.['initContainers'], template.spec?.['containers']];
  return lists.flatMap((list) => (Array.isArray(list) ? list : [])) as readonly Container[];
}

export function imagesOf(template: PodTemplate): Images {
  return Object.fromEntries(
    containersOf(template).map(({ name, image }) => [String(name), String(image)]),
  );
}

/**
 * Whether a primary that is there already may be taken over. It has the traffic, so it must not get
 * other pods unanalysed, and it must not go when the object goes that it belongs to.
 *
 * @param name for example `Deployment reviews-primary.default`
 */
export function considerOrigin(
  origin: WorkloadOrigin | undefined,
  wanted: Images,
  name: string,
): Obstacle | undefined {
  if (origin === undefined || origin.state === 'missing') return undefined;
  if (origin.state === 'unknown') {
    return { kind: 'wait', why: `it is not known whether ${name} is there already: ${origin.why}` };
  }
  const difference = imageDifference(origin.images, wanted);
  if (difference !== undefined) {
    return {
      kind: 'blocked',
      why: `${name} is there already and ${difference}, which would be released without analysis`,
      remedy: 'let the source say what it runs; change it once the canary is initialized',
    };
  }
  if (origin.owner === undefined) return undefined;
  return {
    kind: 'blocked',
    why: `${name} is there already and belongs to ${origin.owner}: it would be deleted with it`,
    remedy: FLAGGERS,
  };
}

const FLAGGERS =
  'stop Flagger, then take its owner references, annotations and finalizer away (docs/adopting-and-leaving.md)';

/**
 * Whether an object that is there already may be taken over: the agent must be able to change it, and
 * it must go when it is to go, and not before.
 *
 * @param title for example `Service reviews.default`
 */
export function considerObject(
  origin: ObjectOrigin | undefined,
  title: string,
): Obstacle | undefined {
  if (origin === undefined || origin.state === 'missing') return undefined;
  if (origin.state === 'unknown') {
    return { kind: 'wait', why: `it is not known whether ${title} is Flagger's: ${origin.why}` };
  }
  const { owner, guard, finalizer } = origin;
  const trouble =
    (owner && `belongs to ${owner}: it would be deleted with it`) ??
    (guard && `says ${guard}: the sync agent would leave it as it is`) ??
    (finalizer && `has the finalizer ${finalizer}: nobody would ever take it away`);
  if (trouble === undefined) return undefined;
  return { kind: 'blocked', why: `${title} is there already and ${trouble}`, remedy: FLAGGERS };
}

/**
 * Whether the public Service that stands on the branch can become the one that is generated: its
 * clients must find it at the same address and by the same ports.
 */
export function considerService(standing: Manifest, generated: Manifest): Obstacle | undefined {
  const [old, next] = [standing['spec'], generated['spec']] as readonly ServiceFacts[];
  const { name } = standing.metadata;
  const blocked = (why: string, remedy: string): Obstacle => ({
    kind: 'blocked',
    why: `Service ${name} is taken over, and ${why}`,
    remedy,
  });
  const [was, is] = [kindOf(old), kindOf(next)];
  if (was !== is) {
    const remedy =
      was === 'headless'
        ? 'set spec.service.headless, which is the same'
        : 'give the way in a Service of another name, which leads to this one, and then adopt';
    return blocked(`it is ${was} and would be ${is}: its clients would lose their way in`, remedy);
  }
  const ports = portNumbers(next);
  const lost = portNumbers(old).find((port) => !ports.includes(port));
  if (lost === undefined) return undefined;
  return blocked(
    `its port ${lost} would be gone: it would have ${ports.join(', ')} alone`,
    'set spec.service.port or portDiscovery so that the ports are the same, or take the port away first',
  );
}

interface ServiceFacts {
  readonly type?: string;
  readonly clusterIP?: string;
  readonly ports?: readonly { readonly port: number }[];
}

function kindOf({ type = 'ClusterIP', clusterIP }: ServiceFacts = {}): string {
  return type === 'ClusterIP' && clusterIP === 'None' ? 'headless' : type;
}

function portNumbers({ ports = [] }: ServiceFacts = {}): readonly number[] {
  return ports.map(({ port }) => port);
}

function imageDifference(live: Images, wanted: Images): string | undefined {
  const names = [...new Set([...Object.keys(live), ...Object.keys(wanted)])].toSorted();
  const name = names.find((each) => live[each] !== wanted[each]);
  if (name === undefined) return undefined;
  const [runs, says] = [live[name] ?? 'nothing', wanted[name] ?? 'nothing'];
  return `runs ${runs} as ${name}, but the source says ${says}`;
}
