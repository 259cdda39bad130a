import type { Change } from '../core/decision.ts';
import type { Person } from '../core/person.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { SourceReader } from '../ports/source-reader.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';

/** Who wrote what a change brings to the cluster or to the primary, since what is promoted now. */
export async function coAuthorsOf(
  source: SourceReader,
  { writtenIn: files }: ResolvedCanary,
  record: RolloutRecord | undefined,
  change: Change,
): Promise<readonly Person[]> {
  const upTo = broughtBy(change, record);
  const after = record?.promoted.source;
  if (source.people === undefined || after === undefined || upTo === undefined) return [];
  if (after === upTo) return [];
  return source.people({ after, upTo, files });
}

/** Those whom a message names; only a change that releases something may name anybody. */
export function namedCoAuthors(
  message: string,
  change: Change,
  record: RolloutRecord | undefined,
): readonly Person[] {
  if (broughtBy(change, record) === undefined) return [];
  return [...message.matchAll(/^Co-authored-by: (.+) <([^<>]+)>$/gm)].map(
    ([, name = '', email = '']) => ({ name, email }),
  );
}

/** The commit of the source that a change releases, if it releases one. */
function broughtBy(change: Change, record: RolloutRecord | undefined): string | undefined {
  switch (change.kind) {
    case 'start':
    case 'restart':
      return change.release.source;
    case 'promote':
    case 'skip-analysis':
      return record?.rollout?.source;
    case 'create-primary':
    case 'open-routing':
    case 'initialized':
    case 'halt':
    case 'terminate':
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'terminated':
    case 'resume':
    case 'call-off':
    case 'advance':
    case 'check-failed':
    case 'halt-promotion':
    case 'shift':
    case 'finish':
    case 'reject':
    case 'rollback':
    case 'fail-promotion':
    case 'return-traffic':
    case 'withdraw':
    case 'clean-up':
    case 'post-rollout':
    case 'reconcile':
      return undefined;
  }
}
