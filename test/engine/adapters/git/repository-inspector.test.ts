import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderAccess } from '../../../../engine/adapters/git/access/folder-access.ts';
import { readBranchRules } from '../../../../engine/adapters/git/branch-rules.ts';
import {
  type InspectedRepository,
  RepositoryInspector,
} from '../../../../engine/adapters/git/repository-inspector.ts';
import type { Finding } from '../../../../engine/ports/inspector.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { startGitHttpServer } from '../../../support/git-http-server.ts';
import { Remote, temporaryFolder } from '../../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';

async function inspect(
  differing: Partial<InspectedRepository> & Pick<InspectedRepository, 'clone'>,
) {
  const clock = new FakeClock(Date.now());
  const options = {
    part: 'delivery',
    branch: BRANCH,
    writes: true,
    signs: false,
    clock,
    ...differing,
  } as const;
  const findings = await new RepositoryInspector(options).inspect();
  return new Map(findings.map((finding) => [finding.check, finding]));
}

const problems = (findings: ReadonlyMap<string, Finding>) =>
  [...findings.values()].filter(({ status }) => status !== 'ok');

describe('a repository that is in order', () => {
  it('has nothing but good to say about it, and is not changed by being asked', async () => {
    const remote = new Remote();
    remote.commit(BRANCH, { a: '1' });
    const before = remote.git('for-each-ref');
    const server = await startGitHttpServer(remote);
    const findings = await inspect({ clone: remote.clone(server.url) });
    expect(problems(findings)).toEqual([]);
    expect([...findings.keys()]).toEqual([
      'git version',
      'reachable',
      'branch',
      'partial clone',
      'clock',
      'write',
      'protection',
    ]);
    expect(remote.git('for-each-ref')).toBe(before);
    expect(
      server.requests.filter((one) => one.startsWith('POST') && one.includes('receive')),
    ).toEqual([]);
  });

  it('may be empty: the first decision makes the branch', async () => {
    const findings = await inspect({ clone: new Remote().clone() });
    expect(problems(findings)).toEqual([]);
    expect(findings.get('branch')?.message).toContain('not there yet');
    expect(findings.has('clock')).toBe(false);
  });
});

describe('a finding', () => {
  it('is that nobody answers, and then nothing else is asked', async () => {
    const remote = new Remote();
    const findings = await inspect({ clone: remote.clone('http://127.0.0.1:9/x.git') });
    expect([...findings.keys()]).toEqual(['git version', 'reachable']);
    expect(findings.get('reachable')).toMatchObject({
      status: 'failure',
      remedy: expect.stringMatching(/network/),
    });
  });

  it('is that the credentials are not taken', async () => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'password'), 'wrong');
    server.accepts = () => false;
    const clock = new FakeClock();
    const access = new FolderAccess({ folder, url: server.url, writable: true, clock });
    const findings = await inspect({ clone: remote.clone(server.url, access) });
    expect(findings.get('authentication')).toMatchObject({ status: 'failure' });
  });

  it('is that the credentials cannot be used at all', async () => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const clock = new FakeClock();
    const folder = temporaryFolder();
    const access = new FolderAccess({ folder, url: server.url, writable: true, clock });
    const findings = await inspect({ clone: remote.clone(server.url, access) });
    expect(findings.get('reachable')).toMatchObject({
      status: 'failure',
      message: expect.stringContaining('credentials-unusable'),
    });
  });

  it('is that the credentials may read and not write', async () => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    remote.git('config', 'http.receivepack', 'false');
    const findings = await inspect({ clone: remote.clone(server.url) });
    expect(findings.get('write')).toMatchObject({
      status: 'failure',
      remedy: expect.stringContaining('write access'),
    });
  });

  it('is that the server sends everything', async () => {
    const remote = new Remote();
    remote.git('config', 'uploadpack.allowFilter', 'false');
    const findings = await inspect({ clone: remote.clone() });
    expect(findings.get('partial clone')).toMatchObject({ status: 'warning' });
  });

  it('is that the source has no such branch', async () => {
    const remote = new Remote();
    const findings = await inspect({
      part: 'source',
      writes: false,
      clone: remote.clone(),
      branch: 'main',
    });
    expect(findings.get('branch')).toMatchObject({ status: 'failure', part: 'source' });
    expect(findings.has('write')).toBe(false);
  });

  it.each([
    [0, 'ok', 'agrees'],
    [20_000, 'warning', '20 s ahead of'],
    [-20_000, 'warning', '20 s behind'],
    [3_600_000, 'failure', '3600 s ahead of'],
  ])('is that the clocks are %d ms apart', async (skewMs, status, words) => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const clock = { nowMs: () => Date.now() + skewMs, sleep: () => Promise.resolve() };
    const findings = await inspect({ clone: remote.clone(server.url), clock });
    // Two processes lie between the header and the look at the clock.
    const { message = '' } = findings.get('clock') ?? {};
    const seconds = Number(words.split(' ')[0]);
    const near = [seconds, seconds + 1, seconds + 2].map((n) => words.replace(/^\d+/, String(n)));
    expect(findings.get('clock')?.status).toBe(status);
    expect(near.some((each) => message.includes(each)) || status === 'ok').toBe(true);
  });
});

describe('the rules of a branch', () => {
  /** A host that answers with what its documentation shows, to whoever has the token. */
  async function aHost(answers: Readonly<Record<string, unknown>>) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`);
      const body = answers[request.url ?? ''];
      response.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}/team/app.git`);
    const login = { username: 'git', password: 'token-1' };
    const query = { url, branch: 'env/prod', login, ca: undefined, githubApi: undefined };
    return { asked, query };
  }

  it('are those that GitHub lists, but for harmless ones', async () => {
    const { asked, query } = await aHost({
      '/api/v3/repos/team/app/rules/branches/env%2Fprod': [
        { type: 'pull_request', ruleset_source_type: 'Repository', ruleset_id: 42 },
        { type: 'deletion' },
        { type: 'required_signatures' },
        { type: 'pull_request' },
      ],
    });
    const githubApi = new URL('/api/v3', query.url).href;
    expect(await readBranchRules({ ...query, githubApi })).toEqual({
      host: 'GitHub',
      rules: ['pull_request', 'required_signatures'],
    });
    expect(asked[0]).toMatch(/^Bearer token-1 /);
  });

  it('are what GitLab says of this very user', async () => {
    const { query } = await aHost({
      '/api/v4/projects/team%2Fapp/repository/branches/env%2Fprod': {
        name: 'env/prod',
        protected: true,
        can_push: false,
        developers_can_push: false,
      },
    });
    expect(await readBranchRules(query)).toEqual({
      host: 'GitLab',
      mayPush: false,
      rules: ['protected branch'],
    });
  });

  it('are what Gitea says of this very user', async () => {
    const { asked, query } = await aHost({
      '/api/v1/repos/team/app/branches/env%2Fprod': {
        name: 'env/prod',
        protected: false,
        user_can_push: true,
      },
    });
    expect(await readBranchRules(query)).toEqual({ host: 'Gitea', mayPush: true, rules: [] });
    expect(asked.at(-1)).toMatch(/^token token-1 /);
  });

  it('cannot be seen on any other host, which is no trouble', async () => {
    const { query } = await aHost({});
    expect(await readBranchRules(query)).toBeUndefined();
    const nobody = new URL('http://127.0.0.1:9/x.git');
    expect(await readBranchRules({ ...query, url: nobody })).toBeUndefined();
  });
});
