import type { ProblemError } from '../../core/errors.ts';
import type { RemoteExit } from './create-git.ts';
import { isDamage, localTrouble } from './local-trouble.ts';
import { type FetchFailure, fetchFailure } from './push-outcome.ts';

const LOCKED = /\.lock'|cannot lock ref|File exists/;

/** Another process holds a lock of the clone, or was killed while it did. */
export function isLocked(words: string): boolean {
  return LOCKED.test(words);
}

/** Throws for what failed on this side of the connection. */
export function failureOf(exit: RemoteExit): FetchFailure {
  const { stderr } = exit;
  const isOurs = isDamage(stderr) || isLocked(stderr) || localTrouble(stderr, '') !== undefined;
  if (isOurs) throw new Error(stderr);
  return fetchFailure(exit);
}

export function refusedBy({ problems }: ProblemError): FetchFailure {
  return {
    kind: 'refused',
    why: problems.map(({ code, message }) => `${code}: ${message}`).join('; '),
    remedy: problems.map(({ remedy }) => remedy).join('; '),
  };
}
