import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { type ControlObservation, SAID_NOTHING } from '../core/control.ts';
import {
  canaryFolders,
  controlPath,
  recordPath,
  rejectedPath,
  ROLLOUTS_FOLDER,
} from '../core/paths.ts';
import type { RejectedRevision, RolloutRecord } from '../core/record.ts';
import type { DeliveryRepository, TreeEntry } from '../ports/delivery-repository.ts';
import type { Files } from '../render/changeset.ts';
import { parseControl } from '../render/control-file.ts';
import { parseRecord } from '../render/record-file.ts';
import { parseRejected } from '../render/rejected-file.ts';

/** What the delivery branch remembers of one canary. */
export type CanaryState =
  SoundState | { readonly kind: 'damaged'; readonly path: string; readonly why: string };

export interface SoundState {
  readonly kind: 'sound';
  readonly record: RolloutRecord | undefined;
  readonly rejected: readonly RejectedRevision[];
  /** A damaged control file holds its canary where it is, and no more. */
  readonly control: ControlObservation;
}

export const NEW_CANARY: CanaryState = {
  kind: 'sound',
  record: undefined,
  rejected: [],
  control: SAID_NOTHING,
};

/**
 * Records and ledgers as they were parsed, by the ids of their blobs: parsing costs more than all
 * that is decided on it, and a commit changes the files of few canaries.
 */
export class KnownStates {
  #tip: string | undefined;
  #states: ReadonlyMap<CanaryKey, CanaryState> = new Map();
  #parsed = new Map<CanaryKey, ParsedState>();

  /** The states of all canaries at a commit, in one round trip for what is not known yet. */
  async at(
    delivery: DeliveryRepository,
    tip: string | undefined,
  ): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
    if (tip === undefined) return new Map();
    if (tip === this.#tip) return this.#states;
    const blobs = stateBlobs(await delivery.list(tip, ROLLOUTS_FOLDER));
    const unknown = [...blobs].filter(([canary, each]) => !isSame(this.#parsed.get(canary), each));
    const wanted = unknown.flatMap(([, { record, rejected, control }]) => [
      record,
      rejected,
      control,
    ]);
    const texts = await delivery.read(wanted.filter((blob) => blob !== undefined));
    const parsed = new Map<CanaryKey, ParsedState>();
    for (const [canary, each] of blobs) {
      const known = this.#parsed.get(canary);
      const state = isSame(known, each) ? known.state : stateOf(canary, each, texts);
      parsed.set(canary, { ...each, state });
    }
    this.#parsed = parsed;
    this.#states = new Map([...parsed].map(([canary, { state }]) => [canary, state]));
    this.#tip = tip;
    return this.#states;
  }
}

interface StateBlobs {
  readonly record: string;
  readonly rejected: string | undefined;
  readonly control: string | undefined;
}

interface ParsedState extends StateBlobs {
  readonly state: CanaryState;
}

function isSame(
  known: ParsedState | undefined,
  { record, rejected, control }: StateBlobs,
): known is ParsedState {
  return known?.record === record && known.rejected === rejected && known.control === control;
}

/** Reads the records and ledgers of all canaries at a commit. */
export function readStates(
  delivery: DeliveryRepository,
  tip: string | undefined,
): Promise<ReadonlyMap<CanaryKey, CanaryState>> {
  return new KnownStates().at(delivery, tip);
}

function stateBlobs(entries: readonly TreeEntry[]): ReadonlyMap<CanaryKey, StateBlobs> {
  const byPath = new Map(entries.map(({ path, blob }) => [path, blob]));
  const states = entries.flatMap(({ path, blob: record }) => {
    const match = /^rollouts\/([^/]+)\/([^/]+)\/record\.yaml$/.exec(path);
    if (match === null) return [];
    const canary: CanaryKey = `${match[1]}/${match[2]}`;
    const rejected = byPath.get(rejectedPath(canary));
    return [[canary, { record, rejected, control: byPath.get(controlPath(canary)) }] as const];
  });
  return new Map(states);
}

function stateOf(
  canary: CanaryKey,
  blobs: StateBlobs,
  texts: ReadonlyMap<string, string>,
): CanaryState {
  const record = parseRecord(texts.get(blobs.record) ?? '', canary);
  if (record.kind === 'damaged') {
    return { kind: 'damaged', path: recordPath(canary), why: record.why };
  }
  const textOf = (blob: string | undefined) => (blob === undefined ? blob : texts.get(blob));
  const rejected = parseRejected(textOf(blobs.rejected));
  if (rejected.kind === 'damaged') {
    return { kind: 'damaged', path: rejectedPath(canary), why: rejected.why };
  }
  const control = parseControl(textOf(blobs.control), controlPath(canary));
  return { kind: 'sound', record: record.record, rejected: rejected.entries, control };
}

/** The canary's three folders at a commit. */
export async function readCanaryFiles(
  delivery: DeliveryRepository,
  commit: string | undefined,
  canary: CanaryKey,
): Promise<Files> {
  if (commit === undefined) return new Map();
  const { workloads, traffic, rollout } = canaryFolders(canary);
  const folders = [workloads, traffic, rollout];
  const lists = await Promise.all(folders.map((folder) => delivery.list(commit, folder)));
  return readEntries(delivery, lists.flat());
}

export async function readEntries(
  delivery: DeliveryRepository,
  entries: readonly TreeEntry[],
): Promise<Files> {
  const texts = await delivery.read(entries.map((entry) => entry.blob));
  return new Map(
    entries.flatMap(({ path, blob }) => {
      const text = texts.get(blob);
      return text === undefined ? [] : [[path, text] as const];
    }),
  );
}
