import { describe, expect, it } from 'vitest';
import { type HttpAnswer, HttpAnswerReader } from '../../../../engine/adapters/git/http-answer.ts';

/** Lines as `GIT_TRACE_CURL` writes them. */
function read(...headers: readonly string[]): HttpAnswer | undefined {
  const reader = new HttpAnswerReader();
  for (const header of headers) {
    reader.read(`13:07:10.425297 http.c:684              <= Recv header: ${header}`);
  }
  return reader.answer();
}

const DATE = 'Date: Thu, 26 Nov 2026 13:07:10 GMT';
const DATE_MS = Date.UTC(2026, 10, 26, 13, 7, 10);

describe('the last answer of a server', () => {
  it('is none where nobody spoke HTTP', () => {
    expect(read()).toBeUndefined();
  });

  it('counts alone: a redirect or a question for a password before it says nothing', () => {
    expect(
      read('HTTP/1.1 401 Unauthorized', 'retry-after: 99', 'HTTP/2 200', DATE, 'x: y'),
    ).toEqual({ status: 200, dateMs: DATE_MS });
  });

  it.each([
    ['seconds', ['Retry-After: 37'], 37_000],
    ['a date, by the clock of the server', ['retry-after: Thu, 26 Nov 2026 13:08:10 GMT'], 60_000],
    ['a date that has passed', ['retry-after: Thu, 26 Nov 2026 13:00:00 GMT'], 0],
    [
      'the end of a window that is used up, on GitHub',
      ['x-ratelimit-remaining: 0', `x-ratelimit-reset: ${DATE_MS / 1000 + 90}`],
      90_000,
    ],
    [
      'the end of a window that is used up, on GitLab',
      ['RateLimit-Remaining: 0', `RateLimit-Reset: ${DATE_MS / 1000 + 45}`],
      45_000,
    ],
    [
      'nothing while the window is not used up',
      ['x-ratelimit-remaining: 7', `x-ratelimit-reset: ${DATE_MS / 1000 + 90}`],
      undefined,
    ],
    ['nothing for nonsense', ['Retry-After: soon'], undefined],
    ['a day at the most', ['Retry-After: 99999999999'], 86_400_000],
  ])('asks for patience as %s', (_, headers, retryAfterMs) => {
    expect(read('HTTP/1.1 429 Too Many Requests', DATE, ...headers)?.retryAfterMs).toBe(
      retryAfterMs,
    );
  });

  it('is not what the engine sent', () => {
    const reader = new HttpAnswerReader();
    reader.read('13:07 http.c:684  => Send header: HTTP/1.1 200');
    reader.read('13:07 http.c:684  == Info: <= something');
    expect(reader.answer()).toBeUndefined();
  });
});
