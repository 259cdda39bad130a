import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FolderAccess } from '../../../../engine/adapters/git/access/folder-access.ts';
import type { DeliveryRepository } from '../../../../engine/ports/delivery-repository.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { startGitHttpServer } from '../../../support/git-http-server.ts';
import { Remote, temporaryFolder, write } from '../../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';

/** A folder of secrets as it is mounted. */
function aFolder(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

async function aWorld(files: Readonly<Record<string, string>>, clock = new FakeClock()) {
  const remote = new Remote();
  const server = await startGitHttpServer(remote);
  const folder = aFolder(files);
  const access = new FolderAccess({ folder, url: server.url, writable: true, clock });
  const delivery = remote.delivery(BRANCH, remote.clone(server.url, access));
  return { remote, server, folder, clock, delivery };
}

async function publishOne(delivery: DeliveryRepository, text: string) {
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh') return refreshed;
  const changes = [write('a.yaml', text)];
  return delivery.publish([{ message: 'x\n', changes, atMs: 0 }], refreshed.tip);
}

describe('a user with a password', () => {
  it('is let in to read and to push', async () => {
    const { server, delivery } = await aWorld({ username: 'bot\n', password: 'p@ss: w"\\\'$rd\n' });
    server.accepts = (header) => header === basic('bot', 'p@ss: w"\\\'$rd');
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
  });

  it('may be a token alone', async () => {
    const { server, delivery } = await aWorld({ password: 'glpat-1' });
    server.accepts = (header) => header === basic('git', 'glpat-1');
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
  });

  it('can be rotated while the engine runs', async () => {
    const { server, folder, delivery } = await aWorld({ password: 'old-password' });
    server.accepts = (header) => header === basic('git', 'new-password');
    expect(await publishOne(delivery, '1')).toMatchObject({
      kind: 'refused',
      remedy: expect.stringContaining('credentials'),
    });
    writeFileSync(join(folder, 'password'), 'new-password');
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
  });

  it('is shown to no other host that the server sends the engine to', async () => {
    const { server, delivery } = await aWorld({ password: 'for-one-host-only' });
    const seen: (string | undefined)[] = [];
    const thief = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void thief.close());
    const { port } = thief.address() as AddressInfo;
    server.redirectTo = `http://127.0.0.1:${port}`;
    expect(await delivery.refresh()).toMatchObject({ kind: 'refused' });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((header) => header !== undefined)).toEqual([]);
  });

  it('is not repeated when the server says it', async () => {
    const { remote, server, delivery } = await aWorld({ password: 'top-secret-word' });
    const hook = join(remote.folder, 'hooks', 'pre-receive');
    const said = `top-secret-word ${Buffer.from('git:top-secret-word').toString('base64')}`;
    writeFileSync(hook, `#!/bin/sh\necho "you said ${said}"\nexit 1\n`, { mode: 0o755 });
    server.accepts = (header) => header === basic('git', 'top-secret-word');
    const outcome = await publishOne(delivery, '1');
    expect(outcome).toMatchObject({ kind: 'rejected', why: expect.stringContaining('you said') });
    expect(JSON.stringify(outcome)).not.toMatch(/top-secret|dG9wLXNlY3JldC/);
  });
});

describe('a folder of credentials that cannot be used', () => {
  it.each([
    ['is empty', {}, /neither password nor githubAppID/],
    ['has an empty password', { password: '\n' }, /empty or has several lines/],
    ['has a password of two lines', { password: 'a\nb' }, /empty or has several lines/],
    ['has an App without a key', { githubAppID: '1' }, /without githubAppPrivateKey/],
    [
      'has an App with another file for a key',
      { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: 'x' },
      /is not a private key/,
    ],
  ])('because it %s is named with its remedy, and nobody is asked', async (_, files, why) => {
    const { server, delivery } = await aWorld(files);
    expect(await delivery.refresh()).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(why),
      remedy: expect.stringMatching(/.+/),
    });
    expect(server.requests).toEqual([]);
  });

  it('because it is not there says so', async () => {
    const { folder, delivery } = await aWorld({ password: 'x' });
    rmSync(folder, { recursive: true });
    expect(await delivery.refresh()).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('cannot be opened'),
    });
  });
});

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const APP_PEM = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));

/** GitHub as far as an App sees it: it hands out numbered tokens that live for an hour. */
async function startGitHub(clock: FakeClock) {
  const state = { asked: [] as { path: string; body: unknown }[], tokens: 0, status: 201 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const jwt = request.headers.authorization?.replace('Bearer ', '') ?? '';
      const now = { currentDate: new Date(clock.nowMs()) };
      const text = Buffer.concat(chunks).toString();
      state.asked.push({ path: request.url ?? '', body: text === '' ? null : JSON.parse(text) });
      jwtVerify(jwt, createPublicKey(privateKey), { ...now, issuer: '7' }).then(
        () => answer(request.url ?? ''),
        () => response.writeHead(401).end('{"message":"A JSON web token could not be decoded"}'),
      );
    });
    const answer = (path: string) => {
      if (path.endsWith('/installation')) return response.end('{"id":99}');
      if (state.status !== 201) return response.writeHead(state.status).end('{"message":"no"}');
      state.tokens += 1;
      const token = `ghs_token${state.tokens}`;
      const expires = new Date(clock.nowMs() + 3_600_000).toISOString().replace('.000Z', 'Z');
      return response.writeHead(201).end(JSON.stringify({ token, expires_at: expires }));
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { state, baseUrl: `http://127.0.0.1:${port}/api/v3` };
}

async function aGitHubApp(installation: Readonly<Record<string, string>> = {}) {
  const clock = new FakeClock();
  const github = await startGitHub(clock);
  const files = {
    githubAppID: '7\n',
    githubAppPrivateKey: APP_PEM,
    githubAppBaseURL: github.baseUrl,
    ...installation,
  };
  const world = await aWorld(files, clock);
  const { server } = world;
  server.accepts = (header) =>
    header === basic('x-access-token', `ghs_token${github.state.tokens}`);
  return { ...world, github: github.state };
}

describe('a GitHub App', () => {
  it('pushes with a token for this repository and no right but to its contents', async () => {
    const { delivery, github } = await aGitHubApp({ githubAppInstallationID: '42' });
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
    expect(github.asked).toEqual([
      {
        path: '/api/v3/app/installations/42/access_tokens',
        body: { repositories: ['remote'], permissions: { contents: 'write' } },
      },
    ]);
  });

  it('finds its installation by the repository', async () => {
    const { delivery, github } = await aGitHubApp();
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
    expect(github.asked.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^\/api\/v3\/repos\/.*\/remote\/installation$/),
      '/api/v3/app/installations/99/access_tokens',
    ]);
  });

  it('asks for a new token before the old one expires, and not before it has to', async () => {
    const { delivery, github, clock } = await aGitHubApp({ githubAppInstallationID: '42' });
    await publishOne(delivery, '1');
    clock.advance(45 * 60_000);
    expect(await publishOne(delivery, '2')).toMatchObject({ kind: 'pushed' });
    expect(github.tokens).toBe(1);
    clock.advance(10 * 60_000);
    expect(await publishOne(delivery, '3')).toMatchObject({ kind: 'pushed' });
    expect(github.tokens).toBe(2);
  });

  it('asks for another token when the server does not take the one it has', async () => {
    const { server, delivery, github } = await aGitHubApp({ githubAppInstallationID: '42' });
    await publishOne(delivery, '1');
    server.accepts = (header) => header === basic('x-access-token', 'ghs_token2');
    expect(await delivery.refresh()).toMatchObject({ kind: 'refused' });
    expect(await delivery.refresh()).toMatchObject({ kind: 'fresh' });
    expect(github.tokens).toBe(2);
  });

  it.each([
    [422, 'refused', /Contents: read and write/],
    [404, 'refused', /install the App/],
    [503, 'unreachable', /^$/],
  ] as const)('that GitHub answers with %d is %s', async (status, kind, remedy) => {
    const { delivery, github } = await aGitHubApp({ githubAppInstallationID: '42' });
    github.status = status;
    const outcome = await delivery.refresh();
    expect(outcome.kind).toBe(kind);
    expect('remedy' in outcome ? outcome.remedy : '').toMatch(remedy);
  });

  it('with the key of another App is told what to check', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const { delivery } = await aGitHubApp({
      githubAppPrivateKey: String(other.export({ type: 'pkcs8', format: 'pem' })),
      githubAppInstallationID: '42',
    });
    expect(await delivery.refresh()).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('could not be decoded'),
      remedy: expect.stringContaining('githubAppPrivateKey'),
    });
  });
});

describe('an SSH key', () => {
  /** `ssh` as a program that notes how it was called, and runs the server's command here. */
  function aSshWorld(passphrase = '') {
    const remote = new Remote();
    const bin = temporaryFolder();
    const folder = aFolder({ known_hosts: 'git.example ssh-ed25519 AAAA\n' });
    const key = ['-q', '-t', 'ed25519', '-N', passphrase, '-f', join(folder, 'identity')];
    execFileSync('ssh-keygen', key);
    const called = join(bin, 'called');
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${called}\nfor last; do :; done\nexec sh -c "$last"\n`;
    writeFileSync(join(bin, 'ssh'), script, { mode: 0o755 });
    const url = `ssh://git@git.example${remote.folder}`;
    const access = new FolderAccess({ folder, url, writable: true, clock: new FakeClock() });
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    return { remote, folder, called, url, access, env };
  }

  it('is the only one offered, to no host but a known one', async () => {
    const { remote, folder, called, url, access, env } = aSshWorld();
    const { BareClone } = await import('../../../../engine/adapters/git/bare-clone.ts');
    const clone = new BareClone({ url, cacheFolder: temporaryFolder(), env, access });
    const delivery = remote.delivery(BRANCH, clone);
    expect(await publishOne(delivery, '1')).toMatchObject({ kind: 'pushed' });
    const args = execFileSync('cat', [called], { encoding: 'utf8' }).split('\n');
    expect(args).toContain('StrictHostKeyChecking=yes');
    expect(args).toContain('IdentitiesOnly=yes');
    expect(args).toContain(`UserKnownHostsFile="${join(folder, 'known_hosts')}"`);
    expect(args[args.indexOf('-i') + 1]).toBe(join(folder, 'identity'));
  });

  it('that is locked is refused before anybody is asked', async () => {
    const { access } = aSshWorld('secret');
    await expect(access.open()).rejects.toThrow(/locked with a passphrase/);
  });

  it('without the hosts it is for is refused', async () => {
    const { folder, access } = aSshWorld();
    rmSync(join(folder, 'known_hosts'));
    await expect(access.open()).rejects.toThrow(/known_hosts/);
    mkdirSync(join(folder, 'known_hosts'));
    await expect(access.open()).rejects.toThrow(/cannot be read \(EISDIR\)/);
  });
});
