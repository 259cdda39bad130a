import { describe, expect, it } from 'vitest';
import { lastWords, pushReport } from '../../../../engine/adapters/git/push-outcome.ts';

/** Output as Git 2.39 and the hosts print it; the ids are shortened. */
const line = (flag: string, summary: string) =>
  `To https://git.example/repo\n${flag}\tabc:refs/heads/delivery\t${summary}\nDone\n`;
const report = (stdout: string, stderr = '', code = 1, timedOut = false) =>
  pushReport({ code, stdout, stderr, timedOut });

describe('a push', () => {
  it.each([
    ['a fast-forward', line(' ', 'aaa..bbb')],
    ['a new branch', line('*', '[new branch]')],
    ['a replay of what is there', line('=', '[up to date]')],
  ])('has gone through as %s', (_, stdout) => {
    expect(report(stdout, '', 0)).toEqual({ kind: 'pushed' });
  });

  it.each([
    ['[rejected] (non-fast-forward)', ''],
    ['[rejected] (fetch first)', ''],
    ['[rejected] (stale info)', ''],
    ['[remote rejected] (failed to update ref)', "remote: error: cannot lock ref 'refs/heads/x'"],
    ['[remote rejected] (incorrect old value provided)', ''],
  ])('was too late when the server says %s', (summary, stderr) => {
    expect(report(line('!', summary), stderr)).toMatchObject({ kind: 'stale' });
  });

  it.each([
    [
      '[remote rejected] (pre-receive hook declined)',
      'remote: only on weekdays\n',
      'only on weekdays',
    ],
    [
      '[remote rejected] (protected branch hook declined)',
      'remote: error: GH006: Protected branch',
      'GH006',
    ],
    [
      '[remote rejected] (push declined due to repository rule violations)',
      'remote: error: GH013',
      'GH013',
    ],
    ['[remote rejected] (unpacker error)', 'remote: no space left on device', 'no space left'],
  ])('needs a person when the server says %s', (summary, stderr, words) => {
    expect(report(line('!', summary), stderr)).toMatchObject({
      kind: 'rejected',
      why: expect.stringContaining(words),
      remedy: expect.stringMatching(/.+/),
    });
  });

  it.each([
    "fatal: unable to access 'https://git.example/': The requested URL returned error: 403",
    "fatal: Authentication failed for 'https://git.example/'",
    'git@git.example: Permission denied (publickey).\nfatal: Could not read from remote repository.',
  ])('needs access rights: %s', (stderr) => {
    expect(report('', stderr, 128)).toMatchObject({
      kind: 'rejected',
      remedy: expect.stringContaining('write access'),
    });
  });

  it.each([
    "fatal: unable to access 'https://git.example/': Could not resolve host: git.example",
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1",
    "fatal: '/nowhere' does not appear to be a git repository",
  ])('has certainly not arrived: %s', (stderr) => {
    expect(report('', stderr, 128)).toMatchObject({ kind: 'unreachable' });
  });

  it.each([
    ['the connection was cut', 'fatal: the remote end hung up unexpectedly', false],
    ['the answer was no Git', 'error: RPC failed; HTTP 500 curl 22', false],
    ['it took too long', '', true],
  ])('may have arrived when %s', (_, stderr, timedOut) => {
    expect(report('', stderr, 1, timedOut)).toMatchObject({ kind: 'ambiguous' });
  });
});

it('shows no credentials of a URL in what Git said', () => {
  const words = lastWords("remote: x\nfatal: unable to access 'https://bot:hunter2@git.example/r'");
  expect(words).toContain('git.example');
  expect(words).not.toContain('hunter2');
});
