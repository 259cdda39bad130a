import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Change } from '../core/decision.ts';
import { describeChange } from '../core/describe.ts';
import type { CheckResult } from '../core/observation.ts';
import type { Person } from '../core/person.ts';
import type { Release, RolloutRecord } from '../core/record.ts';
import { formatTrailers, oneLine, type Trailer } from './trailers.ts';

export interface MessageFacts {
  readonly spec: CanarySpec;
  /** The record after the change. */
  readonly record: RolloutRecord;
  readonly change: Change;
  /** Digest of the evidence file, when there is one. */
  /** With its algorithm: `sha256:…`. */
  readonly evidenceDigest: string | undefined;
  /** Commits that a rollback undoes, newest first. */
  readonly reverts: readonly string[];
  /** Who wrote the release, newest first. */
  readonly coAuthors: readonly Person[];
}

/** Git hosts cut a longer subject; the whole reason stands in the body then. */
const SUBJECT_LIMIT = 110;

/**
 * The commit message: subject, one line per check, and trailers. `git log` alone must be enough to
 * print the rollout's history.
 */
export function commitMessage(facts: MessageFacts): string {
  const { spec, record, change } = facts;
  const what = describeChange(change, record, spec);
  const head = `${spec.name}.${spec.namespace}: ${what}`;
  const subject = shorten(`${head} (${oneLine(change.reason)})`);
  const body = [
    ...(subject.endsWith('…') ? [oneLine(change.reason)] : []),
    ...(change.checks ?? []).map(checkLine),
  ];
  const paragraphs = [subject, body.join('\n'), formatTrailers(trailersOf(facts))];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

export function shorten(subject: string): string {
  return subject.length <= SUBJECT_LIMIT ? subject : `${subject.slice(0, SUBJECT_LIMIT - 1)}…`;
}

/**
 * Whether its commit says which rollout it belongs to. A revision that waits for approval has none yet,
 * unless it replaced one in mid-run.
 */
export function isOfRollout({ phase, rollout }: RolloutRecord): boolean {
  return phase !== 'Waiting' || rollout?.outcome === undefined;
}

/** What is spoken of before a rollout has begun with it, or without any. */
function releaseOf(change: Change): Release | undefined {
  return change.kind === 'halt' || change.kind === 'terminate' ? change.release : undefined;
}

function checkLine(check: CheckResult): string {
  const samples = check.samples === undefined ? '' : ` (${Math.round(check.samples)} requests)`;
  return oneLine(`${check.verdict}: ${check.name} ${check.detail}${samples}`);
}

function trailersOf(facts: MessageFacts): Trailer[] {
  const { record, change, evidenceDigest, reverts, coAuthors } = facts;
  const rollout = isOfRollout(record) ? record.rollout : undefined;
  const release = releaseOf(change) ?? rollout ?? record.promoted;
  return [
    { key: 'Canary', value: record.canary },
    ...(rollout === undefined
      ? []
      : [
          { key: 'Rollout', value: String(rollout.number) },
          { key: 'Attempt', value: String(rollout.attempt) },
        ]),
    { key: 'Phase', value: record.phase },
    { key: 'Decision', value: change.kind },
    { key: 'Weight', value: String(record.weights.canary) },
    { key: 'Revision', value: release.revision },
    { key: 'Source', value: release.source },
    ...(evidenceDigest === undefined ? [] : [{ key: 'Evidence', value: evidenceDigest }]),
    ...reverts.map((commit) => ({ key: 'Reverts', value: commit })),
    ...coAuthors.map(({ name, email }) => ({ key: 'Co-authored-by', value: `${name} <${email}>` })),
  ];
}
