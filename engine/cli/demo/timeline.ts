import picocolors from 'picocolors';
import { formatInstant } from '../../core/instant.ts';
import type { DeliveryCommit } from '../../ports/delivery-repository.ts';
import { trailerValue } from '../../render/trailers.ts';

const BAR_LENGTH = 20;
const WHAT_LENGTH = 42;

/** Always in colour: whoever prints a line takes the colours out where they cannot be shown. */
export const colors = picocolors.createColors(true);

/** One decision as a line: when, what, the weight as a bar, and the numbers behind it. */
export function timelineLine(commit: DeliveryCommit): string {
  const time = colors.dim(formatInstant(commit.atMs).slice(11, 19));
  const [, what = commit.subject, why = ''] = /^[^:]+: (.*?) \((.*)\)?$/.exec(commit.subject) ?? [];
  const weight = Number(trailerValue(commit.trailers, 'Weight') ?? 0);
  const decision = trailerValue(commit.trailers, 'Decision') ?? '';
  // A webhook that agreed says nothing that a person would look for.
  const checks = commit.body
    .split('\n')
    .filter((line) => /^(pass|fail|inconclusive|error): /.test(line))
    .filter((line) => !/^pass: .* answered \d+$/.test(line));
  const numbers = checks.length > 0 ? checks.map(shortCheck).join('  ') : why.replace(/\)$/, '');
  return `${time}  ${bar(weight)}  ${paint(decision, what.padEnd(WHAT_LENGTH))}  ${colors.dim(numbers)}`;
}

function bar(weight: number): string {
  const filled = Math.round((weight / 100) * BAR_LENGTH);
  const share = `${weight}%`.padStart(4);
  return `${colors.yellow('█'.repeat(filled))}${colors.dim('░'.repeat(BAR_LENGTH - filled))}${share}`;
}

function paint(decision: string, text: string): string {
  switch (decision) {
    case 'rollback':
    case 'check-failed':
    case 'fail-promotion':
      return colors.red(text);
    case 'promote':
    case 'finish':
      return colors.green(text);
    default:
      return text;
  }
}

/** `pass: request-success-rate 100% >= 99% (1200 requests)` without its verdict and name. */
function shortCheck(line: string): string {
  return line.replace(/^\w+: (request-)?/, '');
}
