import type { RejectedRevision } from '../core/record.ts';
import type { ResolvedCanary } from './resolved-canary.ts';
import { formatTrailers, oneLine } from './trailers.ts';

export interface TakenBack {
  readonly canary: ResolvedCanary;
  readonly rejected: RejectedRevision;
  /** The commits of the release, newest first. */
  readonly commits: readonly string[];
}

/** The message of a commit in the source that takes a rejected release back. */
export function takeBackMessage({ canary, rejected, commits }: TakenBack): string {
  const { name, namespace } = canary.spec;
  const { revision, reason, source } = rejected;
  const body = [
    `It was rolled back: ${oneLine(reason)}`,
    ...commits.map((commit) => `This reverts commit ${commit}.`),
  ];
  const trailers = formatTrailers([
    { key: 'Canary', value: canary.key },
    { key: 'Decision', value: 'take-back' },
    { key: 'Revision', value: revision },
    { key: 'Source', value: source },
    ...commits.map((commit) => ({ key: 'Reverts', value: commit })),
  ]);
  return `${name}.${namespace}: take back revision ${revision}\n\n${body.join('\n')}\n\n${trailers}\n`;
}

/** The branch on which it is proposed: one for each rejected revision. */
export function takeBackBranch({ canary, rejected }: Omit<TakenBack, 'commits'>): string {
  const { name, namespace } = canary.spec;
  return `serin/take-back/${namespace}/${name}/${rejected.revision}`;
}
