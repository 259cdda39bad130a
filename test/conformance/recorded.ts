import { z } from 'zod';
import { type Fields, fields, text } from './fields.ts';
import { type History, HistoryWriter, RUNNING, type State } from './history.ts';
import {
  CookieNames,
  httpRouteIntent,
  NO_ROUTING,
  type RoutingIntent,
  virtualServiceIntent,
} from './routing-intent.ts';
import { matches, type Moment, type Status } from './script.ts';
import type { Trace, TraceEntry, TraceManifest } from './trace.ts';

/** The part of a Canary by which its objects are found. */
const CanaryNames = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    targetRef: z.looseObject({ name: z.string(), kind: z.string().default('Deployment') }),
    service: z.looseObject({ name: z.string().optional() }).default({}),
    analysis: z
      .looseObject({
        sessionAffinity: z
          .looseObject({
            cookieName: z.string().default(''),
            primaryCookieName: z.string().default(''),
          })
          .optional(),
      })
      .default({}),
  }),
});

export interface Subject {
  readonly name: string;
  readonly target: string;
  readonly targetKind: string;
  readonly apex: string;
  readonly cookies: readonly string[];
}

/** The canaries that a trace gives in full: to begin with, later, or only in what was left. */
export function subjectsOf(trace: Trace): readonly Subject[] {
  return [...firstObjects(trace), ...createdObjects(trace)].filter(isCanary).map(subjectOf);
}

/** The canary that the trace is about. */
export function ownSubject({ input }: Trace): Subject {
  return subjectOf(input.at(-1) as TraceManifest);
}

/** What stands in the source to begin with. */
export function firstObjects(trace: Trace): readonly TraceManifest[] {
  const known = [...trace.input, ...createdObjects(trace)].filter(isCanary).map(nameOf);
  const others = trace.finalObjects
    .filter((object) => isCanary(object) && !known.includes(nameOf(object)))
    .map(({ status: _, ...object }) => object);
  return [...others, ...trace.input];
}

function createdObjects({ script }: Trace): readonly TraceManifest[] {
  return script.actions.flatMap((action) => (action.do === 'create' ? [action.object] : []));
}

export function isCanary({ kind, apiVersion }: TraceManifest): boolean {
  return kind === 'Canary' && apiVersion.startsWith('flagger.app/');
}

function nameOf({ metadata }: TraceManifest): string {
  return metadata.name;
}

function subjectOf(manifest: TraceManifest): Subject {
  const { metadata, spec } = CanaryNames.parse(manifest);
  const { targetRef, service, analysis } = spec;
  const { cookieName = '', primaryCookieName = '' } = analysis.sessionAffinity ?? {};
  return {
    name: metadata.name,
    target: targetRef.name,
    targetKind: targetRef.kind,
    apex: service.name ?? targetRef.name,
    cookies: [cookieName, primaryCookieName].filter((cookie) => cookie !== ''),
  };
}

/** Writes of one tick come closer together than that. */
const TICK_ENDS_SECONDS = 4;

/**
 * What Flagger made of one canary. A state is taken whenever the status is written, because it is
 * the last write of a step; and for what was written to the routes alone, once nothing has followed
 * for a while, before somebody acts, and at the end.
 */
export function recordedHistory(trace: Trace, subject: Subject): Recording {
  const writer = new HistoryWriter();
  const objects = new Map<string, Fields>();
  const cookies = new CookieNames();
  const acts: number[] = [];
  const moments: (Moment | undefined)[] = [];
  const calls = new Map<string, number>();
  const withoutPod = new Set<number>();
  const statuses: StatusAt[] = [];
  let podless: { readonly index: number; readonly sinceSeconds: number } | undefined;
  let atSeconds = 0;
  const look = () => {
    const state = stateOf(objects, subject, cookies);
    if (state !== undefined) writer.state(state, atSeconds);
  };
  for (const entry of inOrder(trace.timeline)) {
    if (entry.t - atSeconds >= TICK_ENDS_SECONDS) look();
    if (entry.kind === 'Action') {
      look();
      acts.push(writer.index);
      const isRunning = RUNNING.has(writer.last?.phase ?? '');
      moments.push(
        writer.last && isRunning
          ? { state: writer.last, calls: new Map(calls), hooks: [...writer.hooks] }
          : undefined,
      );
    }
    atSeconds = Math.max(atSeconds, entry.t);
    if (entry.kind === 'Webhook' && isHookOf(entry, subject)) {
      calls.set(entry.name, (calls.get(entry.name) ?? 0) + 1);
      writer.hook(entry.name, text(payloadOf(entry)['phase']));
    }
    const event = eventOf(entry, subject);
    if (event !== undefined) writer.event(event);
    keep(objects, entry);
    if (entry.kind === 'Canary' && entry.name === subject.name) {
      look();
      statuses.push({ atSeconds, ...statusOf(objects, subject) });
    }
    if (!hasTrafficWithoutPod(objects, subject, writer.last)) podless = undefined;
    else podless ??= { index: writer.index, sinceSeconds: atSeconds };
    if (podless !== undefined && atSeconds - podless.sinceSeconds >= PODLESS_SECONDS) {
      withoutPod.add(podless.index);
    }
  }
  look();
  const settleSeconds = settleSecondsOf(trace, statuses, atSeconds);
  return { ...writer.history(atSeconds), acts, moments, withoutPod, settleSeconds };
}

interface StatusAt extends Status {
  readonly atSeconds: number;
}

function statusOf(objects: ReadonlyMap<string, Fields>, { name }: Subject): Status {
  const status = objects.get(`Canary/${name}`);
  return { phase: text(status?.['phase']), weight: Number(status?.['canaryWeight'] ?? 0) };
}

/** How long the recorder looked on after what the script calls the end. */
function settleSecondsOf(
  { script: { until }, timeline }: Trace,
  statuses: readonly StatusAt[],
  endSeconds: number,
): number {
  const acted = timeline.findLast(({ kind }) => kind === 'Action')?.t ?? 0;
  const earliest = acted + (until.after ?? 0);
  const ends = statuses.flatMap((status, index) => {
    const from = Math.max(status.atSeconds, earliest);
    const to = statuses[index + 1]?.atSeconds ?? Infinity;
    return from < to && matches(until, status) ? [from] : [];
  });
  return Math.max(0, endSeconds - (ends[0] ?? Infinity));
}

/** A history with what else was going on. */
export interface Recording extends History {
  /** For each action that was done, the step during which it was. */
  readonly acts: readonly number[];
  /** And what the run under way had come to, if any was. */
  readonly moments: readonly (Moment | undefined)[];
  /** Steps during which the canary had traffic and no pod to answer it. */
  readonly withoutPod: ReadonlySet<number>;
  /** How long it went on after its end. */
  readonly settleSeconds: number;
}

/** Pods that are only just coming are no pods missing. */
const PODLESS_SECONDS = 5;

function hasTrafficWithoutPod(
  objects: ReadonlyMap<string, Fields>,
  { target, targetKind }: Subject,
  step: State | undefined,
): boolean {
  const { availableReplicas } = fields(objects.get(`${targetKind}/${target}`)?.['status']);
  return availableReplicas === 0 && /\/[1-9]/.test(step?.route ?? '');
}

/** Objects by the order of their writes; calls, which have none, by the clock between them. */
function inOrder(timeline: readonly TraceEntry[]): readonly TraceEntry[] {
  const written = timeline
    .filter(({ rv }) => rv !== undefined)
    .toSorted((a, b) => (a.rv ?? 0) - (b.rv ?? 0));
  const others = timeline.filter(({ rv }) => rv === undefined);
  let latest = -Infinity;
  let next = 0;
  const merged: TraceEntry[] = [];
  for (const entry of written) {
    latest = Math.max(latest, entry.t);
    for (let other = others[next]; other !== undefined && other.t < latest; other = others[next]) {
      merged.push(other);
      next += 1;
    }
    merged.push(entry);
  }
  return [...merged, ...others.slice(next)];
}

function keep(objects: Map<string, Fields>, { kind, name, what, delta }: TraceEntry): void {
  const key = `${kind}/${name}`;
  if (what === 'deleted') objects.delete(key);
  if (typeof what === 'string') return;
  objects.set(key, delta === true ? { ...objects.get(key), ...what } : what);
}

/** Event hooks follow from what happens; they are not part of how it happens. */
function isHookOf(entry: TraceEntry, { name }: Subject): boolean {
  const payload = payloadOf(entry);
  const isEvent = 'eventMessage' in fields(payload['metadata']);
  return payload['name'] === name && !isEvent;
}

/** A Canary with event hooks of its own tells them, and nobody else. */
function eventOf(entry: TraceEntry, { name }: Subject): string | undefined {
  if (typeof entry.what === 'string') return undefined;
  if (entry.kind === 'GlobalEventHook') return text(entry.what['message']);
  const payload = payloadOf(entry);
  return payload['name'] === name ? text(fields(payload['metadata'])['eventMessage']) : undefined;
}

function payloadOf({ what }: TraceEntry): Fields {
  return typeof what === 'string' ? {} : fields(what['payload']);
}

function stateOf(
  objects: ReadonlyMap<string, Fields>,
  { name, target, targetKind, apex, cookies }: Subject,
  names: CookieNames,
): State | undefined {
  const status = objects.get(`Canary/${name}`);
  const phase = text(status?.['phase']);
  if (status === undefined || phase === '') return undefined;
  const { route, intent } = isBeforeRouting(phase) ? NO_ROUTING : routingOf(objects, apex);
  const primary = objects.get(`${targetKind}/${target}-primary`) ?? {};
  return {
    phase,
    route,
    intent: names.canonical(intent, cookies),
    iterations: Number(status['iterations'] ?? 0),
    failedChecks: Number(status['failedChecks'] ?? 0),
    weight: Number(status['canaryWeight'] ?? 0),
    primary: isBeforeRouting(phase) ? '' : imagesText(primary['images']),
  };
}

/** Nobody is sent anywhere yet, and the parts come in an order of their own. */
export function isBeforeRouting(phase: string): boolean {
  return phase === 'Initializing';
}

function routingOf(objects: ReadonlyMap<string, Fields>, apex: string): RoutingIntent {
  const virtualService = objects.get(`VirtualService/${apex}`);
  if (virtualService !== undefined) {
    return virtualServiceIntent(fields(virtualService['spec']), apex);
  }
  const httpRoute = objects.get(`HTTPRoute/${apex}`);
  return httpRoute === undefined ? NO_ROUTING : httpRouteIntent(fields(httpRoute['spec']), apex);
}

function imagesText(images: unknown): string {
  return Array.isArray(images) ? images.join(' ') : '';
}
