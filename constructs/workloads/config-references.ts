import type { ConfigManifest, Json, JsonObject, PodTemplate } from '../manifest.ts';

export type ConfigKind = ConfigManifest['kind'];

/** One place in a pod template that names a ConfigMap or Secret. */
export interface ConfigReference {
  readonly kind: ConfigKind;
  readonly name: string;
  /** The pods start without it. */
  readonly optional: boolean;
  /** Where it stands, from the template on. */
  readonly path: readonly (string | number)[];
}

interface Place {
  readonly kind: ConfigKind;
  /** `*` is every item of a list. */
  readonly path: readonly string[];
}

const OF_CONTAINER: readonly Place[] = [
  { kind: 'ConfigMap', path: ['env', '*', 'valueFrom', 'configMapKeyRef', 'name'] },
  { kind: 'Secret', path: ['env', '*', 'valueFrom', 'secretKeyRef', 'name'] },
  { kind: 'ConfigMap', path: ['envFrom', '*', 'configMapRef', 'name'] },
  { kind: 'Secret', path: ['envFrom', '*', 'secretRef', 'name'] },
];

const OF_VOLUME: readonly Place[] = [
  { kind: 'ConfigMap', path: ['configMap', 'name'] },
  { kind: 'Secret', path: ['secret', 'secretName'] },
  { kind: 'ConfigMap', path: ['projected', 'sources', '*', 'configMap', 'name'] },
  { kind: 'Secret', path: ['projected', 'sources', '*', 'secret', 'name'] },
];

/** The places that Flagger looks at. */
const PLACES: readonly Place[] = [
  ...['containers', 'initContainers'].flatMap((list) => below(['spec', list, '*'], OF_CONTAINER)),
  ...below(['spec', 'volumes', '*'], OF_VOLUME),
];

function below(prefix: readonly string[], places: readonly Place[]): readonly Place[] {
  return places.map(({ kind, path }) => ({ kind, path: [...prefix, ...path] }));
}

/** Every ConfigMap and Secret that pods read, each place on its own. */
export function configReferences(template: PodTemplate): readonly ConfigReference[] {
  const references: ConfigReference[] = [];
  renameConfigs(template, (reference) => {
    references.push(reference);
    return reference.name;
  });
  return references;
}

/** The same pods reading under other names. */
export function renameConfigs(
  template: PodTemplate,
  nameOf: (reference: ConfigReference) => string,
): PodTemplate {
  return PLACES.reduce<PodTemplate>(
    (renamed, { kind, path }) =>
      changeAt(renamed, path, [], (name, holder, at) =>
        nameOf({ kind, name, optional: holder['optional'] === true, path: at }),
      ) as PodTemplate,
    template,
  );
}

type Change = (name: string, holder: JsonObject, at: ConfigReference['path']) => string;

/** Changes the texts at the end of a path; whatever is not shaped as the path says stays as it is. */
function changeAt(
  node: Json | undefined,
  [step, ...rest]: readonly string[],
  at: ConfigReference['path'],
  change: Change,
): Json | undefined {
  if (step === undefined) return node;
  if (step === '*') {
    if (!Array.isArray(node)) return node;
    return node.map((item: Json, index) => changeAt(item, rest, [...at, index], change) ?? null);
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node;
  const holder = node as JsonObject;
  const value = holder[step];
  if (value === undefined) return node;
  const path = [...at, step];
  if (rest.length > 0) return { ...holder, [step]: changeAt(value, rest, path, change) };
  return typeof value === 'string' ? { ...holder, [step]: change(value, holder, path) } : node;
}
