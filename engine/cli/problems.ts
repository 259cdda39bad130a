import { problemText } from '../config/problem-text.ts';
import type { Problem } from '../core/errors.ts';
import type { Output } from './output.ts';

export function printProblems(output: Pick<Output, 'err'>, problems: readonly Problem[]): void {
  for (const problem of problems) output.err(problemText(problem));
}
