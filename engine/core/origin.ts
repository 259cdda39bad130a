import type { PodTemplate } from '../../constructs/manifest.ts';

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

/** Why a new canary cannot be begun with. */
export type Obstacle =
  | { readonly kind: 'wait'; readonly why: string }
  | { readonly kind: 'blocked'; readonly why: string; readonly remedy: string };

export function imagesOf(template: PodTemplate): Images {
  const lists = [template.spec?.['initContainers'], template.spec?.['containers']];
  const containers = lists.flatMap((list) => (Array.isArray(list) ? list : [])) as readonly {
    readonly name?: unknown;
    readonly image?: unknown;
  }[];
  return Object.fromEntries(containers.map(({ name, image }) => [String(name), String(image)]));
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
  switch (origin?.state) {
    case undefined:
    case 'missing':
      return undefined;
    case 'unknown':
      return {
        kind: 'wait',
        why: `it is not known whether ${name} is there already: ${origin.why}`,
      };
    case 'found':
      break;
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
    remedy: 'stop Flagger, then take its owner references and annotations away (docs/targets.md)',
  };
}

function imageDifference(live: Images, wanted: Images): string | undefined {
  const names = [...new Set([...Object.keys(live), ...Object.keys(wanted)])].toSorted();
  const name = names.find((each) => live[each] !== wanted[each]);
  if (name === undefined) return undefined;
  const [runs, says] = [live[name] ?? 'nothing', wanted[name] ?? 'nothing'];
  return `runs ${runs} as ${name}, but the source says ${says}`;
}
