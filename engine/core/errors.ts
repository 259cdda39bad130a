import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { ErrorCode } from './error-codes.ts';

/** Where in a file somebody wrote something. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** `spec.analysis.stepWeights[2]` */
  readonly field?: string;
}

/** Something a person can mend: what is wrong, with the actual value, and what to do. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly location?: SourceLocation;
  /** The canary that is stopped by it; absent when it concerns none in particular. */
  readonly canary?: CanaryKey;
}

/** Problems as an exception, for the edges that cannot return them. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.code}: ${problem.message}`).join('\n'));
  }
}

/**
 * Our own mistake: something that the code promises cannot happen. It asks for a report instead of
 * blaming the user or the world.
 */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

export function assertInvariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InternalError(`invariant broken: ${what}`);
}

/** For the end of an exhaustive chain: the compiler proves that it is not reached. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected value ${JSON.stringify(value)}`);
}
