import type { GitExit } from './git-process.ts';
import type { HttpAnswer } from './http-answer.ts';
import { isLimited, isServerTrouble, remedyFor } from './refusals.ts';

/** What became of a push, as far as its output tells. */
export type PushReport =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'stale'; readonly why: string }
  | { readonly kind: 'rejected'; readonly why: string; readonly remedy: string }
  | ({ readonly kind: 'unreachable' } & Weather)
  /** Not taken: the server wants fewer requests. */
  | ({ readonly kind: 'deferred' } & Weather)
  /** The server may have taken it: ask. */
  | ({ readonly kind: 'ambiguous' } & Weather);

interface Weather {
  readonly why: string;
  readonly retryAfterMs?: number;
}

/** Why nothing could be fetched. */
export type FetchFailure =
  | ({ readonly kind: 'unreachable' } & Weather)
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };

export interface RemoteOutput extends Pick<GitExit, 'code' | 'stderr' | 'timedOut'> {
  readonly http: HttpAnswer | undefined;
}

export interface PushOutput extends RemoteOutput {
  readonly stdout: string;
}

/** Somebody else moved the branch, in the words of several Git versions. */
const STALE =
  /non-fast-forward|fetch first|stale info|failed to update ref|cannot lock ref|incorrect old value|reference already exists/;

/** Nothing was sent. */
const NOT_REACHED =
  /Could not resolve host|Connection refused|Failed to connect|Couldn't connect|No route to host|Network is unreachable|does not appear to be a git repository|Connection timed out|Operation timed out/;

/**
 * Reads `git push --porcelain`: a line `flag TAB from:to TAB summary` for the ref, the server's own
 * words on standard error. Git prints "failed to push some refs" for every refusal, so that phrase
 * says nothing.
 * @see https://git-scm.com/docs/git-push#_output
 */
export function pushReport(output: PushOutput): PushReport {
  const { code, stdout, stderr } = output;
  const status = stdout.split('\n').find((line) => /^[ *=!+-]\t/.test(line));
  if (status === undefined) return withoutStatus(output);
  const flag = status.charAt(0);
  const summary = status.split('\t')[2] ?? '';
  if (code === 0 && (flag === ' ' || flag === '*' || flag === '=')) return { kind: 'pushed' };
  const why = `${summary} ${serverWords(stderr)}`.trim();
  const words = `${summary}\n${stderr}`;
  const wait = waitOf(output.http);
  if (isLimited(words)) return { kind: 'deferred', why, ...wait };
  if (isServerTrouble(words)) return { kind: 'ambiguous', why, ...wait };
  if (STALE.test(summary)) return { kind: 'stale', why: summary };
  const remedy = remedyFor(words);
  if (/unpack/.test(summary)) {
    const space = 'look at the free space and the logs of the Git server';
    return { kind: 'rejected', why, remedy: remedy ?? space };
  }
  return {
    kind: 'rejected',
    why,
    remedy: remedy ?? 'see what the server says, and allow the push',
  };
}

/**
 * The same for a push of several refs: each has a line of its own, and what became of one says
 * nothing of another. Git's exit code is about all of them.
 */
export function pushReports(output: PushOutput, refs: readonly string[]): readonly PushReport[] {
  const lines = output.stdout.split('\n').filter((line) => /^[ *=!+-]\t/.test(line));
  return refs.map((ref) => {
    const own = lines.find((line) => line.split('\t')[1]?.endsWith(`:${ref}`)) ?? '';
    const code =
      /^[ *=]\t/.test(own) && lines.some((line) => line.startsWith('!')) ? 0 : output.code;
    return pushReport({ ...output, code, stdout: own });
  });
}

/** The server answered before it looked at the ref, or not at all. */
function withoutStatus(output: PushOutput): PushReport {
  if (output.timedOut) return { kind: 'ambiguous', why: 'the push timed out' };
  const why = reasonOf(output.stderr);
  const wait = waitOf(output.http);
  const { status = 0 } = output.http ?? {};
  if (isLimitedAnswer(output)) return { kind: 'deferred', why, ...wait };
  if (status >= 500 || isServerTrouble(output.stderr)) return { kind: 'ambiguous', why, ...wait };
  if (NOT_REACHED.test(output.stderr)) return { kind: 'unreachable', why };
  const remedy = remedyFor(output.stderr);
  return remedy === undefined
    ? { kind: 'ambiguous', why, ...wait }
    : { kind: 'rejected', why, remedy };
}

/** Reading is never ambiguous: what did not come can be asked for again. */
export function fetchFailure(output: RemoteOutput): FetchFailure {
  if (output.timedOut) return { kind: 'unreachable', why: 'the server took too long' };
  const { stderr, http } = output;
  const why = reasonOf(stderr);
  const isWeather =
    isLimitedAnswer(output) ||
    (http?.status ?? 0) >= 500 ||
    isServerTrouble(stderr) ||
    NOT_REACHED.test(stderr);
  const remedy = isWeather ? undefined : remedyFor(stderr);
  return remedy === undefined
    ? { kind: 'unreachable', why, ...waitOf(http) }
    : { kind: 'refused', why, remedy };
}

/** GitHub refuses by 403 as well: then it says for how long, or that it is about a limit. */
function isLimitedAnswer({ stderr, http }: RemoteOutput): boolean {
  const { status, retryAfterMs } = http ?? {};
  return status === 429 || (status === 403 && retryAfterMs !== undefined) || isLimited(stderr);
}

function waitOf(http: HttpAnswer | undefined): { readonly retryAfterMs?: number } {
  const isRefusal = http !== undefined && http.status >= 400;
  return isRefusal && http.retryAfterMs !== undefined ? { retryAfterMs: http.retryAfterMs } : {};
}

function reasonOf(stderr: string): string {
  const said = serverWords(stderr);
  const last = lastWords(stderr);
  return said === '' ? last : `${last} (${said})`;
}

const WORDS_MAX = 500;

/** What the server said itself, without its frames and ornaments. */
function serverWords(stderr: string): string {
  const lines = stderr
    .split(/[\n\r]/)
    .filter((line) => /^(remote:|ERROR:)/.test(line))
    .map((line) => line.replace(/^remote:/, '').trim())
    .filter((line) => /[a-z]{2}/i.test(line) && !PROGRESS.test(line));
  const text = [...new Set(lines)].join(' ');
  return text.length <= WORDS_MAX ? text : `${text.slice(0, WORDS_MAX - 1)}…`;
}

const PROGRESS = /^(Resolving deltas|Enumerating|Counting|Compressing|Processing|Total) /;

/** Git's last sentence, without the credentials that a URL in it could carry. */
export function lastWords(text: string): string {
  const lines = text.trim().split('\n');
  const fatal = lines.findLast((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? '';
  return fatal.replaceAll(/\/\/[^/@\s]+@/g, '//').trim();
}
