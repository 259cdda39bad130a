import { z } from 'zod';
import type { Layer } from '../../../constructs/delivery-layers.ts';
import type { SyncState } from '../../core/liveness.ts';
import type { ObjectReference, SyncObserver } from '../../ports/cluster.ts';
import { type AgentSurroundings, pathOf } from './read-object.ts';

/** The Flux objects that follow one delivery branch. */
export interface FluxWiring {
  readonly namespace: string;
  /** Names of the Kustomizations. They may share a GitRepository or have one each. */
  readonly workloads: string;
  readonly traffic: string;
  /** Absent where the Kustomization of the traffic applies the routes as well. */
  readonly routes?: string | undefined;
}

const Conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().default(''),
      message: z.string().default(''),
    }),
  )
  .default([]);

/** @see https://fluxcd.io/flux/components/source/gitrepositories/ */
const GitRepository = z.object({
  spec: z.object({ suspend: z.boolean().default(false) }),
  status: z.object({ conditions: Conditions }).prefault({}),
});

/** @see https://fluxcd.io/flux/components/kustomize/kustomizations/ */
const Kustomization = z.object({
  metadata: z.object({ generation: z.number().default(0) }),
  spec: z.object({
    suspend: z.boolean().default(false),
    sourceRef: z.object({
      kind: z.string(),
      name: z.string(),
      namespace: z.exactOptional(z.string()),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().default(0),
      lastAppliedRevision: z.string().optional(),
      lastAttemptedRevision: z.string().optional(),
      conditions: Conditions,
    })
    .prefault({}),
});

type GitRepository = z.infer<typeof GitRepository>;
type Kustomization = z.infer<typeof Kustomization>;

/** Reads what Flux has applied, and why it will apply nothing newer. */
export function createFluxSync(
  { api, objects, clock }: AgentSurroundings,
  wiring: FluxWiring,
): SyncObserver {
  const { namespace } = wiring;
  const names = { ...wiring, routes: wiring.routes ?? wiring.traffic };
  const kustomization = (layer: Layer) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace,
    name: names[layer],
  });
  const read = async <T>(reference: ObjectReference, shape: z.ZodType<T>) => {
    const answer = await objects.read(reference, shape);
    if (answer.state === 'found') return { object: answer.object };
    const what = nameOf(reference);
    if (answer.state === 'missing') return { why: `there is no ${what}; check cluster.sync` };
    return { why: answer.why };
  };
  const sourceHindrance = async (reference: ObjectReference, follower: string) => {
    if (reference.kind !== 'GitRepository') {
      return `${follower} follows ${nameOf(reference)}: let it follow a GitRepository`;
    }
    const fetched = await read(reference, GitRepository);
    return 'why' in fetched ? fetched.why : failedSource(fetched.object, reference);
  };
  return {
    async synced(layer) {
      const reference = kustomization(layer);
      const applied = await read(reference, Kustomization);
      if ('why' in applied) return { state: 'unknown', why: applied.why };
      const hindrance =
        hindranceOf(applied.object, nameOf(reference), names[layer]) ??
        (await sourceHindrance(sourceOf(applied.object, namespace), nameOf(reference)));
      return stateOf(applied.object, nameOf(reference), hindrance);
    },
    /**
     * The repository alone: a new artifact wakes the Kustomizations, and asking them too makes them
     * run once more with the old one. Flux strips annotations of field managers it does not know.
     */
    async poke(layers) {
      const followers = await Promise.all(
        layers.map((layer) => read(kustomization(layer), Kustomization)),
      );
      const sources = followers.flatMap((each) =>
        'why' in each ? [] : [pathOf(sourceOf(each.object, namespace))],
      );
      const annotations = { 'reconcile.fluxcd.io/requestedAt': String(clock.nowMs()) };
      const patch = { metadata: { annotations } };
      await Promise.all(
        [...new Set(sources)].map((path) => api.mergePatch(path, patch, 'flux-client-side-apply')),
      );
    },
  };
}

function sourceOf({ spec }: Kustomization, namespace: string): ObjectReference {
  const apiVersion = 'source.toolkit.fluxcd.io/v1';
  return { apiVersion, namespace, ...spec.sourceRef };
}

function nameOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}

function stateOf({ status }: Kustomization, name: string, hindrance?: string): SyncState {
  const { lastAppliedRevision, lastAttemptedRevision } = status;
  const revision = commitOf(
    isAppliedButUnhealthy(status) ? lastAttemptedRevision : lastAppliedRevision,
  );
  if (revision === undefined) {
    return { state: 'unknown', why: hindrance ?? `${name} has applied nothing yet` };
  }
  return { state: 'synced', revision, ...(hindrance === undefined ? {} : { hindrance }) };
}

/** Objects are applied before health is looked at; `lastAppliedRevision` moves only afterwards. */
function isAppliedButUnhealthy({ conditions }: Kustomization['status']): boolean {
  return conditions.some(
    ({ type, status, reason, message }) =>
      (type === 'Ready' && status === 'False' && reason === 'HealthCheckFailed') ||
      (type === 'Reconciling' && status === 'True' && /health check/i.test(message)),
  );
}

function hindranceOf(object: Kustomization, name: string, short: string): string | undefined {
  const { metadata, spec, status } = object;
  if (spec.suspend) return `${name} is suspended: \`flux resume kustomization ${short}\``;
  if (status.observedGeneration < metadata.generation) {
    return `${name} was changed and Flux has not looked at it since`;
  }
  return failureOf(status.conditions, name);
}

function failedSource(
  { spec, status }: GitRepository,
  reference: ObjectReference,
): string | undefined {
  const name = nameOf(reference);
  if (spec.suspend) return `${name} is suspended: \`flux resume source git ${reference.name}\``;
  return failureOf(status.conditions, name);
}

function failureOf(conditions: z.infer<typeof Conditions>, name: string): string | undefined {
  const failed = conditions.find(
    ({ type, status }) =>
      (type === 'Stalled' && status === 'True') || (type === 'Ready' && status === 'False'),
  );
  return failed && `${name} failed: ${failed.reason}: ${failed.message.split('\n', 1)[0]}`;
}

/** `main@sha1:<40 hex>`; the pointer itself may hold `@`. */
function commitOf(revision: string | undefined): string | undefined {
  return /(?:^|@)sha(?:1|256):([0-9a-f]+)$/.exec(revision ?? '')?.[1];
}
