import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { loadSource } from '../../engine/config/load-source.ts';
import { aDeploymentFile } from '../support/manifests.ts';
import type { FieldSample } from './field-samples.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** `Canary spec.service.port`, …: each field of a spec of Flagger's kinds that holds a value itself. */
export function flaggerFields(): readonly string[] {
  const crds = readFileSync(join(import.meta.dirname, '../../imports/crds/flagger.yaml'), 'utf8');
  return parseAllDocuments(crds).flatMap((document) => {
    const { names, versions } = (document.toJS() as Crd).spec;
    const spec = versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {};
    return leaves(spec, `${names.kind} spec`);
  });
}

function leaves({ type, properties, items }: Schema, path: string): readonly string[] {
  if (type === 'array' && items !== undefined) return leaves(items, `${path}[]`);
  const entries = Object.entries(properties ?? {});
  if (entries.length === 0) return [path];
  return entries.flatMap(([name, schema]) => leaves(schema, `${path}.${name}`));
}

interface Outcome {
  readonly problems: readonly string[];
  /** What the engine would act on, as text. */
  readonly understood: string;
}

export type Probe = Readonly<Record<'without' | 'with', Outcome>>;

/** What Serin makes of the sample, and of the same world without the field. */
export function probe(field: string, sample: FieldSample): Probe {
  const [kind = '', path = ''] = field.split(' ');
  const beside = Object.entries(sample.beside ?? {});
  const outcomeOf = (changes: readonly (readonly [string, unknown])[]) => {
    const world = aWorld();
    for (const [name, value] of changes) setIn(world[kind], name, value);
    return load(world);
  };
  return { without: outcomeOf(beside), with: outcomeOf([...beside, [path, sample.value]]) };
}

/** Sets what stands at `a.b[].c`, of a list in its first item; `undefined` takes it away. */
function setIn(object: unknown, path: string, value: unknown): void {
  const steps = path.split(/\.|(?=\[\])/);
  let at = object as Record<string | number, unknown>;
  for (const [index, step] of steps.entries()) {
    const key = step === '[]' ? 0 : step;
    if (index === steps.length - 1) {
      if (value === undefined) delete at[key];
      else at[key] = structuredClone(value);
      return;
    }
    at[key] ??= steps[index + 1] === '[]' ? [] : {};
    at = at[key] as Record<string | number, unknown>;
  }
}

type World = Readonly<Record<string, unknown>>;

function load(world: World): Outcome {
  const text = Object.values(world)
    .flatMap((object): readonly unknown[] => (Array.isArray(object) ? object : [object]))
    .concat(autoscalers().filter(({ kind }) => kind === autoscalerKind(world)))
    .map((object) => stringify(object))
    .join('---\n');
  const loaded = loadSource([{ path: 'shop.yaml', text }], { established: new Set() });
  return {
    problems: loaded.problems.map(({ code, message }) => `${code}: ${message}`),
    understood: JSON.stringify(
      loaded.canaries.map(({ canaryManifest: _, configDigest: __, ...canary }) => canary),
    ),
  };
}

/** One that the Canary does not name must not be there: it would scale against what is committed. */
function autoscalerKind({ Canary }: World): string | undefined {
  const { spec } = Canary as { spec: { autoscalerRef?: { kind?: string } } };
  return spec.autoscalerRef?.kind;
}

const GROUP = 'flagger.app/v1beta1';

function aWorld(): World {
  const template = (namespace: string) => ({
    apiVersion: GROUP,
    kind: 'MetricTemplate',
    metadata: { name: 'orders', namespace },
    spec: {
      provider: { type: 'prometheus', address: `http://prometheus.${namespace}:9090` },
      query: 'sum(orders_failed_total{region="{{ variables.region }}"})',
    },
  });
  const receiver = (namespace: string, name: string) => ({
    apiVersion: GROUP,
    kind: 'AlertProvider',
    metadata: { name, namespace },
    spec: { type: 'slack', address: `https://hooks.example.com/${namespace}/${name}` },
  });
  return {
    Canary: {
      apiVersion: GROUP,
      kind: 'Canary',
      metadata: { name: 'reviews', namespace: 'shop' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' },
        service: { port: 9080 },
        analysis: {
          interval: '1m',
          threshold: 5,
          stepWeight: 10,
          metrics: [
            { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
            {
              name: 'failed orders',
              interval: '1m',
              thresholdRange: { max: 1 },
              templateRef: { name: 'orders' },
              templateVariables: { region: 'south' },
            },
          ],
          alerts: [{ name: 'team', severity: 'info', providerRef: { name: 'chat' } }],
        },
      },
    },
    MetricTemplate: template('shop'),
    AlertProvider: receiver('shop', 'chat'),
    surroundings: [
      template('shared'),
      receiver('shop', 'others'),
      receiver('shared', 'chat'),
      ...targets(),
    ],
  };
}

/** One of each kind and name that a sample may choose. */
function targets(): readonly object[] {
  const pods = {
    selector: { matchLabels: { app: 'reviews' } },
    template: {
      metadata: { labels: { app: 'reviews' } },
      spec: {
        containers: [{ name: 'reviews', image: 'registry.example/reviews:v1' }],
      },
    },
  };
  return [
    parseAllDocuments(aDeploymentFile({ name: 'reviews', namespace: 'shop' }))[0]?.toJS() as object,
    parseAllDocuments(aDeploymentFile({ name: 'ratings', namespace: 'shop' }))[0]?.toJS() as object,
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'collector', namespace: 'shop' },
      spec: pods,
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'catalog', namespace: 'shop' },
      spec: { selector: { app: 'reviews' }, ports: [{ port: 9080 }] },
    },
  ];
}

function autoscalers() {
  const metadata = { name: 'reviews', namespace: 'shop' };
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' };
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: target,
        minReplicas: 1,
        maxReplicas: 10,
      },
    },
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata,
      spec: {
        scaleTargetRef: target,
        maxReplicaCount: 10,
        triggers: [
          {
            type: 'prometheus',
            name: 'prometheus',
            metadata: {
              serverAddress: 'http://prometheus:9090',
              query: 'sum(rate(requests_total{app="reviews"}[1m]))',
              threshold: '10',
            },
          },
        ],
      },
    },
  ];
}
