/** What became of a push, as far as its output tells. */
export type PushReport =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'stale'; readonly why: string }
  | { readonly kind: 'rejected'; readonly why: string; readonly remedy: string }
  | { readonly kind: 'unreachable'; readonly why: string }
  /** The server may have taken it: ask. */
  | { readonly kind: 'ambiguous'; readonly why: string };

export interface PushOutput {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Somebody else moved the branch, in the words of several Git versions. */
const STALE =
  /non-fast-forward|fetch first|stale info|failed to update ref|cannot lock ref|incorrect old value/;

/** Nothing was sent. */
const NOT_REACHED =
  /Could not resolve host|Connection refused|Failed to connect|Couldn't connect|No route to host|Network is unreachable|does not appear to be a git repository|Connection timed out/;

const NO_ACCESS =
  /Authentication failed|could not read Username|Permission denied|403 Forbidden|returned error: 40[13]|access rights|not authorized/i;

const REMEDY_ACCESS = 'give the engine write access to the delivery branch';
const REMEDY_PROTECTED =
  'allow the engine to push to the delivery branch: bypass its protection rule or the hook that refused';

/**
 * Reads `git push --porcelain`: a line `flag TAB from:to TAB summary` for the ref, the server's own
 * words on standard error.
 * @see https://git-scm.com/docs/git-push#_output
 */
export function pushReport({ code, stdout, stderr, timedOut }: PushOutput): PushReport {
  const status = stdout.split('\n').find((line) => /^[ *=!+-]\t/.test(line));
  if (status === undefined) return withoutStatus(stderr, timedOut);
  const flag = status.charAt(0);
  const summary = status.split('\t')[2] ?? '';
  if (code === 0 && (flag === ' ' || flag === '*' || flag === '=')) return { kind: 'pushed' };
  if (STALE.test(summary) || STALE.test(stderr)) return { kind: 'stale', why: summary };
  if (/unpacker error|unpack/.test(summary)) {
    const remedy = 'look at the free space and the logs of the Git server';
    return { kind: 'rejected', why: `${summary} ${serverWords(stderr)}`.trim(), remedy };
  }
  const why = `${summary} ${serverWords(stderr)}`.trim();
  return { kind: 'rejected', why, remedy: REMEDY_PROTECTED };
}

function withoutStatus(stderr: string, timedOut: boolean): PushReport {
  const why = lastWords(stderr);
  if (timedOut) return { kind: 'ambiguous', why: 'the push timed out' };
  if (NO_ACCESS.test(stderr)) return { kind: 'rejected', why, remedy: REMEDY_ACCESS };
  if (NOT_REACHED.test(stderr)) return { kind: 'unreachable', why };
  return { kind: 'ambiguous', why };
}

function serverWords(stderr: string): string {
  const remote = stderr.split('\n').filter((line) => line.startsWith('remote:'));
  return remote
    .map((line) => line.slice('remote:'.length).trim())
    .join(' ')
    .trim();
}

/** Git's last sentence, without the credentials that a URL in it could carry. */
export function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const fatal = lines.findLast((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? '';
  return fatal.replaceAll(/\/\/[^/@\s]+@/g, '//').trim();
}
