import { z } from 'zod';
import type { Layer } from '../../../constructs/delivery-layers.ts';
import { parseInstant } from '../../core/instant.ts';
import type { SyncState } from '../../core/liveness.ts';
import type { SyncObserver } from '../../ports/cluster.ts';
import { type AgentSurroundings, pathOf } from './read-object.ts';

/** The Argo CD Applications that follow one delivery branch. */
export interface ArgocdWiring {
  readonly namespace: string;
  readonly workloads: string;
  readonly traffic: string;
  /** Absent where the Application of the traffic applies the routes as well. */
  readonly routes?: string | undefined;
}

/** @see https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml */
const Application = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  operation: z.unknown().optional(),
  spec: z.object({
    syncPolicy: z
      .object({
        automated: z
          .object({ enabled: z.boolean().default(true), prune: z.boolean().default(false) })
          .optional(),
        syncOptions: z.array(z.string()).optional(),
      })
      .prefault({}),
  }),
  status: z
    .object({
      reconciledAt: z.string().optional(),
      sync: z
        .object({ status: z.string().default('Unknown'), revision: z.string().default('') })
        .prefault({}),
      operationState: z
        .object({
          phase: z.string(),
          finishedAt: z.string().optional(),
          message: z.string().default(''),
          syncResult: z.object({ revision: z.string().default('') }).prefault({}),
        })
        .optional(),
      /** Every sync of the whole that succeeded, oldest first. */
      history: z.array(z.object({ revision: z.string().default('') })).default([]),
      conditions: z
        .array(z.object({ type: z.string(), message: z.string().default('') }))
        .default([]),
    })
    .prefault({}),
});

type Application = z.infer<typeof Application>;

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Reads what Argo CD has applied, and why it will apply nothing newer. */
export function createArgocdSync(
  { api, objects }: AgentSurroundings,
  wiring: ArgocdWiring,
): SyncObserver {
  const { namespace } = wiring;
  const names = { ...wiring, routes: wiring.routes ?? wiring.traffic };
  const application = (layer: Layer) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    namespace,
    name: names[layer],
  });
  return {
    async synced(layer) {
      const name = `Application ${namespace}/${names[layer]}`;
      const answer = await objects.read(application(layer), Application);
      if (answer.state === 'found') return stateOf(answer.object, name);
      if (answer.state === 'unknown') return { state: 'unknown', why: answer.why };
      return { state: 'unknown', why: `there is no ${name}; check cluster.sync` };
    },
    async poke(layers) {
      const patch = { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } };
      await Promise.all(
        [...new Set(layers.map((layer) => pathOf(application(layer))))].map(async (path) => {
          const answer = await api.mergePatch(path, patch, 'serin');
          const again = answer.kind === 'found' ? syncAgain(answer.object) : undefined;
          if (again !== undefined) await api.mergePatch(path, again, 'serin');
        }),
      );
    },
  };
}

/**
 * Argo CD never tries a commit again whose sync has failed, be it for an API server that was away
 * for a second. The request is what its own automation would ask for; a person's stop is kept.
 */
function syncAgain(object: unknown): object | undefined {
  const parsed = Application.safeParse(object);
  if (!parsed.success || isBusy(parsed.data) || hindranceOf(parsed.data, '') !== undefined)
    return undefined;
  const { spec, status } = parsed.data;
  if (!hasFailed(status.operationState)) return undefined;
  const { automated, syncOptions } = spec.syncPolicy;
  const sync = {
    prune: automated?.prune === true,
    ...(syncOptions === undefined ? {} : { syncOptions }),
  };
  return { operation: { initiatedBy: { username: 'serin' }, sync } };
}

function hasFailed(operation: Application['status']['operationState']): boolean {
  return operation !== undefined && /^(Failed|Error)$/.test(operation.phase);
}

/**
 * What a sync has finished applying is believed at once, and stays true while a newer one is under
 * way: in a shared Application no canary waits for another one's commit. A comparison is believed
 * only when it is newer: `status.sync.revision` moves more than a second before the objects do.
 */
function stateOf(application: Application, name: string): SyncState {
  const { sync, conditions, operationState: operation } = application.status;
  const hindrance = hindranceOf(application, name);
  const unknown = (why: string): SyncState => ({ state: 'unknown', why: hindrance ?? why });
  const synced = (revision: string, otherwise: string): SyncState =>
    COMMIT.test(revision)
      ? { state: 'synced', revision, ...(hindrance === undefined ? {} : { hindrance }) }
      : unknown(`${name} ${otherwise}`);
  const error = conditions.find(({ type }) => /^(Comparison|InvalidSpec)Error$/.test(type));
  if (error !== undefined) return unknown(`${name}: ${error.type}: ${error.message}`);
  if (isBusy(application)) {
    return synced(application.status.history.at(-1)?.revision ?? '', 'is applying');
  }
  if (operation !== undefined && !isFresh(application) && operation.phase === 'Succeeded') {
    return synced(operation.syncResult.revision, 'has not compared since it applied');
  }
  if (sync.status !== 'Synced') {
    if (hasFailed(operation)) return unknown(`${name} failed to apply: ${operation?.message}`);
    return unknown(
      `${name} is ${sync.status} and nothing is being applied: a sync window, or a person, holds it`,
    );
  }
  return isFresh(application)
    ? synced(sync.revision, 'names no commit yet')
    : unknown(`${name} has not compared since it applied`);
}

function isBusy({ operation, status: { operationState } }: Application): boolean {
  const isRunning = operationState !== undefined && operationState.finishedAt === undefined;
  return (operation !== undefined && operation !== null) || isRunning;
}

/** Both times have a precision of one second. */
function isFresh({ status: { reconciledAt, operationState } }: Application): boolean {
  const finishedMs = parseInstant(operationState?.finishedAt ?? '');
  if (finishedMs === undefined) return true;
  return (parseInstant(reconciledAt ?? '') ?? 0) >= finishedMs;
}

function hindranceOf({ metadata, spec }: Application, name: string): string | undefined {
  if (metadata.annotations['argocd.argoproj.io/skip-reconcile'] === 'true') {
    return `${name} is suspended: remove its annotation argocd.argoproj.io/skip-reconcile`;
  }
  if (spec.syncPolicy.automated?.enabled !== true) {
    return `${name} does not sync by itself: set spec.syncPolicy.automated`;
  }
  return undefined;
}
