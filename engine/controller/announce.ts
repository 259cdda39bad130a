import { type CanaryKey, canaryKey, type CanarySpec } from '../../constructs/canary-spec.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { Alert } from '../ports/notifier.ts';
import type { SecretOutcome, SecretReader } from '../ports/secret-reader.ts';
import type { CanaryEvent } from '../ports/status-writer.ts';
import type { MessageFacts } from '../ports/telemetry.ts';
import { type Announcement, announcementOf, isHeard } from './alerts.ts';
import { canaryEvents } from './canary-events.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { DefaultAlert, Messaging } from './messaging.ts';
import type { Send, SendOutcome } from './outbox.ts';
import type { Proposal } from './reconcile.ts';
import type { WaitNews } from './wait-news.ts';

interface Told {
  readonly proposals: readonly Proposal[];
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  readonly secrets: SecretReader | undefined;
}

/**
 * Tells of what was pushed, each decision once. Sending happens beside the passes; what cannot be
 * sent is logged and counted, and changes nothing.
 */
export function announce(
  ports: EnginePorts,
  { proposals, specs, secrets }: Told,
  commitOf: ReadonlyMap<CommitDraft, string | undefined>,
): void {
  const { messaging } = ports;
  if (messaging === undefined) return;
  for (const { outcome, taken } of proposals) {
    const spec = specs.get(outcome.canary);
    if (spec === undefined) continue;
    for (const each of taken) {
      const { change, after } = each;
      const about: About = {
        spec,
        record: after,
        commit: commitOf.get(each.draft),
        atMs: after.decidedAtMs,
        // Its run has not begun: the record still tells of the one before.
        ...(change.kind === 'halt' ? { revision: change.release.revision } : {}),
      };
      postAlert(ports, messaging, { about, announcement: announcementOf(spec, each), secrets });
      postEvents(ports, messaging, about, canaryEvents(spec, each));
    }
  }
}

/** Tells of what canaries wait for. */
export function announceWaits(
  ports: EnginePorts,
  news: ReadonlyMap<CanaryKey, WaitNews>,
  secrets: SecretReader | undefined,
): void {
  const { messaging } = ports;
  if (messaging === undefined) return;
  for (const { spec, record, events, announcement, atMs } of news.values()) {
    const about: About = { spec, record, commit: undefined, atMs };
    postAlert(ports, messaging, { about, announcement, secrets });
    postEvents(ports, messaging, about, events);
  }
}

/** What a message is about. */
interface About {
  readonly spec: CanarySpec;
  readonly record: RolloutRecord;
  readonly commit: string | undefined;
  readonly atMs: number;
  /** A revision that there is no rollout of yet. */
  readonly revision?: string;
}

interface Announced {
  readonly about: About;
  readonly announcement: Announcement | undefined;
  readonly secrets: SecretReader | undefined;
}

function postAlert(
  ports: EnginePorts,
  messaging: Messaging,
  { about, announcement, secrets }: Announced,
): void {
  if (announcement === undefined) return;
  const { spec } = about;
  const alert = alertOf(messaging, about, announcement);
  for (const { name, severity, receiver, credentials } of routesOf(messaging, spec, secrets)) {
    if (!isHeard(severity, alert.severity)) continue;
    const send: Send = async () => {
      const read = await credentials();
      if (read.kind === 'unread') return failed(read.why);
      const address = read.values['address']?.trim();
      const token = read.values['token']?.trim();
      if (address === undefined) return failed('its Secret has no key address');
      return messaging.notifier.send(alert, receiver, {
        address,
        ...(token === undefined || token === '' ? {} : { token }),
      });
    };
    post(ports, messaging, { kind: 'alert', lane: `alert ${name}`, to: name, about: spec }, send);
  }
}

function alertOf(
  { clusterName }: Messaging,
  { spec, record, commit, atMs, revision }: About,
  announcement: Announcement,
): Alert {
  const cluster = clusterName === undefined ? [] : [{ name: 'Cluster', value: clusterName }];
  const run = revision ?? record.rollout?.base.slice(0, RUN_ID_LENGTH) ?? 'initialization';
  return {
    ...announcement,
    fields: [...cluster, ...announcement.fields],
    name: spec.name,
    namespace: spec.namespace,
    phase: record.phase,
    run: `${canaryKey(spec)} ${run}`,
    revision: revision ?? revisionOf(record),
    ...(commit === undefined ? {} : { commit }),
    atMs,
  };
}

/** A run begins on a commit of its own, and restarts in mid-run keep it. */
const RUN_ID_LENGTH = 12;

function revisionOf({ rollout, promoted }: RolloutRecord): string {
  return (rollout ?? promoted).revision;
}

/** A canary's own alerts, or else the engine's. */
function routesOf(
  messaging: Messaging,
  spec: CanarySpec,
  secrets: SecretReader | undefined,
): readonly DefaultAlert[] {
  const { alerts } = spec.analysis;
  if (alerts.length === 0) return messaging.defaults;
  return alerts.map(({ severity, provider }) => {
    const { namespace, name, address, ...receiver } = provider;
    const credentials = (): Promise<SecretOutcome> =>
      address.from === 'spec'
        ? Promise.resolve({ kind: 'read', values: { address: address.address } })
        : (secrets?.read(namespace, address.secretName) ?? Promise.resolve(NO_SECRETS));
    return { name: `${namespace}/${name}`, severity, receiver, credentials };
  });
}

const NO_SECRETS: SecretOutcome = { kind: 'unread', why: 'nobody can read its Secret' };

function postEvents(
  ports: EnginePorts,
  messaging: Messaging,
  { spec, record }: About,
  events: readonly CanaryEvent[],
): void {
  const own = spec.analysis.webhooks.filter(({ type }) => type === 'event');
  const engines = messaging.eventWebhook === undefined ? [] : [messaging.eventWebhook];
  const { name, namespace } = spec;
  for (const event of events) {
    for (const hook of own.length > 0 ? own : engines) {
      const lane = `event ${canaryKey(spec)} ${hook.name}`;
      const metadata = { ...hook.metadata, ...eventMetadata(event) };
      const send: Send = async () => {
        const payload = { name, namespace, phase: event.phase, checksum: revisionOf(record) };
        const outcome = await ports.webhooks.call({ ...hook, metadata }, payload);
        return outcome.kind === 'ok' ? { kind: 'sent' } : failed(withoutAddress(outcome.why));
      };
      post(ports, messaging, { kind: 'event', lane, to: hook.name, about: spec }, send);
    }
  }
}

/** Flagger's keys; they win over a hook's own of the same name. */
function eventMetadata({ type, message, atMs }: CanaryEvent): Readonly<Record<string, string>> {
  return { eventMessage: message, eventType: type, timestamp: String(atMs) };
}

interface Message {
  readonly kind: MessageFacts['kind'];
  readonly lane: string;
  /** The name of the receiver, never its address. */
  readonly to: string;
  readonly about: CanarySpec;
}

function post(
  { logger, telemetry }: EnginePorts,
  { outbox }: Messaging,
  { kind, lane, to, about }: Message,
  send: Send,
): void {
  const canary = canaryKey(about);
  const isPosted = outbox.post(lane, async () => {
    const outcome = await sendSafely(send);
    telemetry?.told({ kind, outcome: outcome.kind });
    if (outcome.kind === 'failed') {
      logger.warn('a message could not be sent', { canary, kind, to, why: outcome.why });
    }
    return outcome;
  });
  if (isPosted) return;
  telemetry?.told({ kind, outcome: 'dropped' });
  logger.warn('a message was dropped: too many are waiting', { canary, kind, to });
}

/** A bug in one message must not end the engine; what it says could hold an address. */
async function sendSafely(send: Send): Promise<SendOutcome> {
  try {
    return await send();
  } catch (error) {
    return failed(error instanceof Error ? error.name : 'unknown trouble');
  }
}

/** What a receiver answers may quote its own address. */
function withoutAddress(why: string): string {
  return /^(HTTP \d+|no answer within \d+ ms)/.exec(why)?.[0] ?? 'the connection failed';
}

function failed(why: string): SendOutcome {
  return { kind: 'failed', why };
}
