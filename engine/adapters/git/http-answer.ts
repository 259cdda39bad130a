/** What the server's last HTTP answer said about itself. */
export interface HttpAnswer {
  readonly status: number;
  /** How long it asks to be left alone. */
  readonly retryAfterMs?: number;
  /** The server's own clock, in whole seconds. */
  readonly dateMs?: number;
}

/** A server that asks for more than this is mistaken, or hostile. */
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;

/**
 * Reads `GIT_TRACE_CURL` line by line and keeps a few headers of the newest answer: `git push`
 * prints the status of a refusal and never its headers. Nothing that was sent is looked at.
 * @see https://git-scm.com/docs/git#Documentation/git.txt-codeGITTRACECURLcode
 */
export class HttpAnswerReader {
  #status: number | undefined;
  #headers = new Map<string, string>();

  readonly read = (line: string): void => {
    const header = /<= Recv header: (.*)$/.exec(line)?.[1]?.trim();
    if (header === undefined) return;
    const status = /^HTTP\/[\d.]+ (\d{3})/.exec(header)?.[1];
    if (status !== undefined) {
      this.#status = Number(status);
      this.#headers = new Map();
      return;
    }
    const colon = header.indexOf(':');
    const name = header.slice(0, colon).toLowerCase();
    if (WANTED.has(name)) this.#headers.set(name, header.slice(colon + 1).trim());
  };

  answer(): HttpAnswer | undefined {
    if (this.#status === undefined) return undefined;
    const dateMs = Date.parse(this.#headers.get('date') ?? '');
    const retryAfterMs = this.#retryAfterMs(Number.isNaN(dateMs) ? undefined : dateMs);
    return {
      status: this.#status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(Number.isNaN(dateMs) ? {} : { dateMs }),
    };
  }

  /** Relative to the server's own clock, so that ours need not agree with it. */
  #retryAfterMs(dateMs: number | undefined): number | undefined {
    const asked = this.#headers.get('retry-after');
    if (asked !== undefined && /^\d+$/.test(asked)) return bounded(Number(asked) * 1000);
    const until = Date.parse(asked ?? '');
    if (!Number.isNaN(until) && dateMs !== undefined) return bounded(until - dateMs);
    const remaining =
      this.#headers.get('x-ratelimit-remaining') ?? this.#headers.get('ratelimit-remaining');
    const reset = Number(
      this.#headers.get('x-ratelimit-reset') ?? this.#headers.get('ratelimit-reset'),
    );
    if (remaining !== '0' || !(reset > 0) || dateMs === undefined) return undefined;
    return bounded(reset * 1000 - dateMs);
  }
}

/** GitHub and Gitea prefix their rate limits with `x-`, GitLab does not. */
const WANTED: ReadonlySet<string> = new Set([
  'date',
  'retry-after',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'ratelimit-remaining',
  'ratelimit-reset',
]);

function bounded(durationMs: number): number {
  return Math.min(Math.max(0, durationMs), RETRY_AFTER_MAX_MS);
}
