import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../../engine/adapters/git/http-answer.ts';
import {
  fetchFailure,
  lastWords,
  pushReport,
} from '../../../../engine/adapters/git/push-outcome.ts';

/** Output as Git and the hosts print it; the ids are shortened. */
const line = (flag: string, summary: string) =>
  `To https://git.example/repo\n${flag}\tabc:refs/heads/delivery\t${summary}\nDone\n`;
const refusal = (summary: string) => line('!', `[remote rejected] (${summary})`);

interface Told {
  readonly code?: number;
  readonly timedOut?: boolean;
  readonly http?: HttpAnswer;
}

const report = (stdout: string, stderr = '', { code = 1, timedOut = false, http }: Told = {}) =>
  pushReport({ code, stdout, stderr, timedOut, http });

describe('a push', () => {
  it.each([
    ['a fast-forward', line(' ', 'aaa..bbb')],
    ['a new branch', line('*', '[new branch]')],
    ['a replay of what is there', line('=', '[up to date]')],
  ])('has gone through as %s', (_, stdout) => {
    expect(report(stdout, '', { code: 0 })).toEqual({ kind: 'pushed' });
  });

  it.each([
    ['[rejected] (non-fast-forward)', ''],
    ['[rejected] (fetch first)', ''],
    ['[rejected] (stale info)', ''],
    ['[remote rejected] (failed to update ref)', "remote: error: cannot lock ref 'refs/heads/x'"],
    ["[remote rejected] (cannot lock ref 'refs/heads/x': is at 1 but expected 2)", ''],
    ['[remote rejected] (incorrect old value provided)', ''],
    ['[remote rejected] (reference already exists)', ''],
  ])('was too late when the server says %s', (summary, stderr) => {
    expect(report(line('!', summary), stderr)).toMatchObject({ kind: 'stale' });
  });
});

/** Summary, the server's words, what the person reads of it, what they are told to do. */
const PERMANENT: readonly (readonly [string, string, string, string, RegExp])[] = [
  [
    'a protected branch of GitHub',
    'protected branch hook declined',
    'remote: error: GH006: Protected branch update failed for refs/heads/delivery.\nremote: error: At least 1 approving review is required by reviewers with write access.',
    'approving review',
    /protection rule/,
  ],
  [
    'a ruleset of GitHub',
    'push declined due to repository rule violations',
    'remote: error: GH013: Repository rule violations found for refs/heads/delivery.\nremote: Review all repository rules at https://github.com/o/r/rules?ref=refs%2Fheads%2Fdelivery\nremote:\nremote: - Changes must be made through a pull request.\nremote:',
    'through a pull request',
    /protection rule/,
  ],
  [
    'a rule for signatures of GitHub',
    'push declined due to repository rule violations',
    'remote: error: GH013: Repository rule violations found for refs/heads/delivery.\nremote:\nremote: - Commits must have verified signatures.\nremote:   Found 1 violation:\nremote:',
    'verified signatures',
    /commits\.signing/,
  ],
  [
    'push protection of GitHub',
    'push declined due to repository rule violations',
    'remote: error: GH013: Repository rule violations found for refs/heads/delivery.\nremote:\nremote: - GITHUB PUSH PROTECTION\nremote:     - Push cannot contain secrets',
    'cannot contain secrets',
    /secret/,
  ],
  [
    'a file too large for GitHub',
    'pre-receive hook declined',
    "remote: error: Trace: 1f\nremote: error: See https://gh.io/lfs for more information.\nremote: error: File x.yaml is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB\nremote: error: GH001: Large files detected. You may want to try Git Large File Storage.",
    'size limit',
    /size/,
  ],
  [
    'a private address on GitHub',
    'push declined due to email privacy restrictions',
    'remote: error: GH007: Your push would publish a private email address.',
    'GH007',
    /commits\.email/,
  ],
  [
    'an App without the scope for workflows',
    'refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission',
    '',
    'without `workflows` permission',
    /Workflows/,
  ],
  [
    'a protected branch of GitLab',
    'pre-receive hook declined',
    'remote: GitLab: You are not allowed to push code to protected branches on this project.',
    'protected branches',
    /protection rule/,
  ],
  [
    'the push rule of GitLab for addresses',
    'pre-receive hook declined',
    "remote: GitLab: Committer's email 'serin@localhost' does not follow the pattern '@example.org$'",
    "Committer's email",
    /commits\.email/,
  ],
  [
    'the push rule of GitLab for verified committers',
    'pre-receive hook declined',
    "remote: GitLab: You cannot push commits for 'serin@localhost'. You can only push commits if the committer email is one of your own verified emails.",
    'verified emails',
    /commits\.email/,
  ],
  [
    'the push rule of GitLab for signatures',
    'pre-receive hook declined',
    'remote: GitLab: Commit must be signed with a GPG key',
    'must be signed',
    /commits\.signing/,
  ],
  [
    'the push rule of GitLab for messages',
    'pre-receive hook declined',
    "remote: GitLab: Commit message does not follow the pattern 'JIRA-'",
    'does not follow the pattern',
    /commit messages/,
  ],
  [
    'a repository of GitLab that is full',
    'pre-receive hook declined',
    'remote: GitLab: Your push to this repository cannot be completed because this repository has exceeded the allocated storage for your project or would exceed the size limit',
    'size limit',
    /size/,
  ],
  [
    'a protected branch of Gitea',
    'pre-receive hook declined',
    'remote: Gitea: Not allowed to push to protected branch delivery',
    'protected branch',
    /protection rule/,
  ],
  [
    'a protected branch of Bitbucket',
    'pre-receive hook declined',
    'remote: ----------------------------------------------------\nremote: Branch refs/heads/delivery can only be modified through pull requests.\nremote: Check your branch permissions configuration with the project administrator.\nremote: ----------------------------------------------------',
    'pull requests',
    /protection rule/,
  ],
  [
    'a branch policy of Azure DevOps',
    'TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.',
    '',
    'TF402455',
    /protection rule/,
  ],
  ['Gerrit', 'prohibited by Gerrit: not permitted: update', '', 'not permitted', /protection rule/],
  [
    'a hook',
    'pre-receive hook declined',
    'remote: only on weekdays\n',
    'only on weekdays',
    /hook of the server/,
  ],
  [
    'a pack over the limit of the server',
    'unpacker error',
    'remote: fatal: pack exceeds maximum allowed size\nerror: remote unpack failed: index-pack abnormal exit',
    'maximum allowed size',
    /size/,
  ],
  [
    'a server without space',
    'unpacker error',
    'remote: error: file write error: No space left on device\nremote: fatal: unable to write file',
    'No space left',
    /free space/,
  ],
  ['an update of a hidden ref', 'deny updating a hidden ref', '', 'hidden ref', /ordinary branch/],
];

describe('a refusal that time does not mend', () => {
  it.each(PERMANENT)('is told from others: %s', (_, summary, stderr, words, remedy) => {
    expect(report(refusal(summary), stderr)).toEqual({
      kind: 'rejected',
      why: expect.stringContaining(words),
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each([
    [
      "remote: Permission to o/r.git denied to serin-bot.\nfatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error: 403",
      403,
      /write access/,
    ],
    [
      "remote: Write access to repository not granted.\nfatal: unable to access 'https://github.com/o/r.git/': The requested URL returned error: 403",
      403,
      /write access/,
    ],
    [
      "remote: This repository was archived so it is read-only.\nfatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 403",
      403,
      /archive/,
    ],
    [
      "remote: The `o' organization has enabled or enforced SAML SSO. To access\nremote: this repository, visit https://github.com/enterprises/o/sso\nfatal: unable to access 'https://github.com/o/r/': The requested URL returned error: 403",
      403,
      /organization/,
    ],
    [
      "remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'https://github.com/o/r.git/'",
      401,
      /credentials/,
    ],
    [
      "remote: HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled\nfatal: Authentication failed for 'https://gitlab.example/o/r.git/'",
      401,
      /credentials/,
    ],
    [
      "remote: You are not allowed to push code to this project.\nfatal: unable to access 'https://gitlab.example/o/r.git/': The requested URL returned error: 403",
      403,
      /write access/,
    ],
    [
      "fatal: could not read Username for 'https://git.example': terminal prompts disabled",
      401,
      /credentials/,
    ],
    [
      "remote: Repository not found.\nfatal: repository 'https://github.com/o/r.git/' not found",
      404,
      /URL of the repository/,
    ],
    [
      'error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413\nsend-pack: unexpected disconnect while reading sideband packet\nfatal: the remote end hung up unexpectedly',
      413,
      /size/,
    ],
    [
      'git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.',
      undefined,
      /credentials/,
    ],
    [
      'ERROR: The key you are authenticating with has been marked as read only.\nfatal: Could not read from remote repository.',
      undefined,
      /deploy key/,
    ],
    [
      'remote: ERROR: This deploy key does not have write access to this project.\nfatal: Could not read from remote repository.',
      undefined,
      /deploy key/,
    ],
    [
      'No ED25519 host key is known for git.example and you have requested strict checking.\nHost key verification failed.\nfatal: Could not read from remote repository.',
      undefined,
      /known_hosts/,
    ],
    [
      "fatal: unable to access 'https://git.example/r.git/': SSL certificate problem: unable to get local issuer certificate",
      undefined,
      /ca\.crt/,
    ],
  ])('may come before any ref was looked at: %s', (stderr, status, remedy) => {
    const told = status === undefined ? {} : { http: { status } };
    expect(report('', stderr, { code: 128, ...told })).toMatchObject({
      kind: 'rejected',
      remedy: expect.stringMatching(remedy),
    });
  });
});

describe('a refusal that time mends', () => {
  const unable = (status: number) =>
    `fatal: unable to access 'https://git.example/r.git/': The requested URL returned error: ${status}`;

  it.each([
    ['429 with a time', unable(429), { status: 429, retryAfterMs: 30_000 }, 30_000],
    ['429 without', unable(429), { status: 429 }, undefined],
    ['403 with a time', unable(403), { status: 403, retryAfterMs: 61_000 }, 61_000],
    [
      '403 that speaks of a limit',
      `remote: You have exceeded a secondary rate limit\n${unable(403)}`,
      { status: 403 },
      undefined,
    ],
    [
      'GitLab over SSH',
      'remote: ERROR: This endpoint has been requested too many times. Try again later.\nfatal: Could not read from remote repository.',
      undefined,
      undefined,
    ],
  ])('asks for patience and was not taken: %s', (_, stderr, http, retryAfterMs) => {
    const outcome = report('', stderr, { code: 128, ...(http === undefined ? {} : { http }) });
    expect(outcome.kind).toBe('deferred');
    expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(retryAfterMs);
  });

  it('by a server that is busy with others was not taken either', () => {
    const stderr =
      'remote: GitLab is currently unable to handle this request due to load.\nerror: remote unpack failed: server is busy';
    expect(report(refusal('unpacker error'), stderr)).toMatchObject({ kind: 'deferred' });
  });

  it.each([
    ['HTTP 503 with a time', unable(503), { status: 503, retryAfterMs: 5_000 }],
    ['HTTP 502', 'error: RPC failed; HTTP 502 curl 22', { status: 502 }],
  ])('may have been taken by then: %s', (_, stderr, http) => {
    expect(report('', stderr, { code: 128, http })).toMatchObject({
      kind: 'ambiguous',
      ...(http.status === 503 ? { retryAfterMs: 5_000 } : {}),
    });
  });

  it.each([
    ['GitHub', refusal('Internal Server Error'), ''],
    ['GitHub', refusal('failure'), 'remote: fatal error in commit_refs'],
    ['GitLab', refusal('pre-receive hook declined'), 'remote: GitLab: Internal API unreachable'],
    [
      'GitLab',
      refusal('pre-receive hook declined'),
      'remote: GitLab: The git server, Gitaly, is not available at this time. Please contact your administrator.',
    ],
  ])('is no verdict on the push when %s has trouble of its own: %s', (_, stdout, stderr) => {
    expect(report(stdout, stderr)).toMatchObject({ kind: 'ambiguous' });
  });

  it('does not take the time of an answer that was no refusal', () => {
    const http = { status: 200, retryAfterMs: 5_000 };
    expect(report('', 'fatal: the remote end hung up unexpectedly', { http })).toEqual({
      kind: 'ambiguous',
      why: 'fatal: the remote end hung up unexpectedly',
    });
  });

  it.each([
    "fatal: unable to access 'https://git.example/': Could not resolve host: git.example",
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1",
    'ssh: connect to host git.example port 22: Connection refused\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.',
    "fatal: '/nowhere' does not appear to be a git repository",
  ])('has certainly not arrived: %s', (stderr) => {
    expect(report('', stderr, { code: 128 })).toMatchObject({ kind: 'unreachable' });
  });

  it.each([
    ['the connection was cut', 'fatal: the remote end hung up unexpectedly', false],
    ['the answer was no Git', 'error: RPC failed; curl 56 Recv failure', false],
    ['it took too long', '', true],
  ])('may have arrived when %s', (_, stderr, timedOut) => {
    expect(report('', stderr, { timedOut })).toMatchObject({ kind: 'ambiguous' });
  });
});

describe('a fetch that failed', () => {
  const failure = (stderr: string, http?: HttpAnswer) =>
    fetchFailure({ code: 128, stderr, timedOut: false, http });

  it('needs a person where the server lets nobody in', () => {
    const stderr = "fatal: Authentication failed for 'https://git.example/r.git/'";
    expect(failure(stderr, { status: 401 })).toMatchObject({
      kind: 'refused',
      remedy: expect.stringContaining('credentials'),
    });
  });

  it.each([
    ['the limit is reached', { status: 429, retryAfterMs: 9_000 }, 9_000],
    ['the server has trouble', { status: 503 }, undefined],
  ])('is weather when %s', (_, http, retryAfterMs) => {
    const stderr = `fatal: unable to access 'x': The requested URL returned error: ${http.status}`;
    const outcome = failure(stderr, http);
    expect(outcome.kind).toBe('unreachable');
    expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(retryAfterMs);
  });

  it('is weather when nobody answers', () => {
    expect(failure('fatal: unable to access: Could not resolve host: x').kind).toBe('unreachable');
  });
});

it('shows no credentials of a URL in what Git said', () => {
  const words = lastWords("remote: x\nfatal: unable to access 'https://bot:hunter2@git.example/r'");
  expect(words).toContain('git.example');
  expect(words).not.toContain('hunter2');
});

it('does not repeat a server without end', () => {
  const flood = Array.from({ length: 5_000 }, (_, index) => `remote: word ${index}`).join('\n');
  const outcome = report(refusal('pre-receive hook declined'), flood);
  expect('why' in outcome ? outcome.why.length : 0).toBeLessThan(700);
});
