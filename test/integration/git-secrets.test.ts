import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGitHttpServer } from '../support/git-http-server.ts';
import { Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';
import { type CommandResult, serinWith } from '../support/serin.ts';

/**
 * Goal: no secret of Git ever leaves the folder it was mounted in. Method: an engine whose every file
 * lies below one folder works, fails and is refused, while its processes and those of Git are
 * watched; then everything that was written, said, passed and exported is searched.
 */
const DELIVERY = 'delivery/test';
const PASSPHRASE = 'correct-horse-battery-staple';

interface World {
  readonly folder: string;
  readonly secrets: string;
  readonly remote: Remote;
  readonly server: Awaited<ReturnType<typeof startGitHttpServer>>;
  readonly outputs: CommandResult[];
  readonly seen: Set<string>;
  readonly run: (...args: readonly string[]) => Promise<CommandResult>;
}

async function aWorld(credentials: Readonly<Record<string, string>>): Promise<World> {
  const folder = temporaryFolder();
  const secrets = temporaryFolder();
  const remote = new Remote(folder);
  remote.commit('main', {
    'deploy/canary.yaml': aCanaryFile(),
    'deploy/deployment.yaml': aDeploymentFile(),
  });
  const server = await startGitHttpServer(remote);
  server.delayMs = 60;
  for (const [name, text] of Object.entries(credentials)) writeFileSync(join(secrets, name), text);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', PASSPHRASE, '-f', join(secrets, 'key')]);
  writeFileSync(join(secrets, 'passphrase'), PASSPHRASE);
  const config = `source: { repository: ${server.url}, path: deploy }
delivery: { repository: ${server.url}, branch: ${DELIVERY} }
git: { credentials: ${secrets} }
cluster: { provider: playground, address: "http://127.0.0.1:1" }
commits: { signing: { format: ssh, key: ${secrets}/key, passphrase: ${secrets}/passphrase } }
`;
  writeFileSync(join(folder, 'serin.yaml'), config);
  const env = ownHome(folder);
  const outputs: CommandResult[] = [];
  const seen = new Set<string>();
  const watch = setInterval(() => watchProcesses(seen), 40);
  onTestFinished(() => clearInterval(watch));
  const run = async (...args: readonly string[]) => {
    const result = await serinWith(env, folder, ...args);
    outputs.push(result);
    return result;
  };
  return { folder, secrets, remote, server, outputs, seen, run };
}

/** Every place where a process may write without being told to, and a `git` that notes its calls. */
function ownHome(folder: string): Record<string, string> {
  const places = { HOME: 'home', TMPDIR: 'tmp', XDG_CACHE_HOME: 'cache', XDG_RUNTIME_DIR: 'run' };
  const env = Object.entries(places).map(([name, place]) => [name, join(folder, place)] as const);
  for (const [, place] of env) mkdirSync(place, { recursive: true });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\n{ echo "git $*"; env; } >> ${folder}/calls\nexec ${real} "$@"\n`;
  writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
  return { ...Object.fromEntries(env), PATH: `${bin}:${process.env['PATH']}` };
}

/** Arguments and environments of all processes that this one has started, at this moment. */
function watchProcesses(seen: Set<string>): void {
  const read = (pid: string, what: string) => {
    try {
      return readFileSync(`/proc/${pid}/${what}`, 'latin1').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(
    pids.map((pid) => [
      pid,
      read(pid, 'stat')
        .replace(/^.*\) \S /, '')
        .split(' ')[0],
    ]),
  );
  const isOurs = (pid: string | undefined): boolean =>
    pid === String(process.pid) || (pid !== undefined && pid !== '0' && isOurs(parents.get(pid)));
  for (const pid of pids.filter((one) => one !== String(process.pid) && isOurs(one))) {
    seen.add(read(pid, 'cmdline'));
    seen.add(read(pid, 'environ'));
  }
}

/** A secret as it could be written down. */
function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64').replaceAll('=', '');
  return [secret, encodeURIComponent(secret), base64, JSON.stringify(secret).slice(1, -1)];
}

function leaks(world: World, secrets: readonly string[]): readonly string[] {
  const { folder, remote, outputs, seen } = world;
  const texts = new Map<string, string>([
    ['what the commands printed', outputs.map(({ out, err }) => out + err).join('\n')],
    ['arguments and environments', [...seen].join('\n')],
    ['the history', remote.git('log', '--all', '-p', '--format=raw')],
  ]);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) texts.set(relative(folder, path), readFileSync(path, 'latin1'));
  }
  const forms = secrets.flatMap(formsOf);
  return [...texts].flatMap(([place, text]) =>
    forms.filter((form) => text.includes(form)).map((form) => `${form} in ${place}`),
  );
}

/** Everything that a push can meet, so that everything that can be said about it is said. */
async function goThroughEverything(world: World): Promise<void> {
  const { remote, server, run } = world;
  expect((await run('doctor')).out).toContain('the credentials may push');
  expect((await run('step')).out).toContain('committed');
  const hook = join(remote.folder, 'hooks', 'pre-receive');
  const echo = '#!/bin/sh\nenv >&2\nexit 1\n';
  writeFileSync(hook, echo, { mode: 0o755 });
  remote.git('update-ref', '-d', `refs/heads/${DELIVERY}`);
  expect((await run('step')).err).toContain('pre-receive hook declined');
  server.fault = 'limited';
  await run('step', '-o', 'json');
  server.accepts = () => false;
  expect((await run('step')).err).toContain('Authentication failed');
  await run('doctor', '-o', 'json');
}

describe('the secrets of Git', () => {
  it('stay where they are: a password, the key that signs, and its passphrase', async () => {
    const password = 'p4ss:w0rd/with+all&kinds';
    const world = await aWorld({ username: 'bot', password });
    const login = `Basic ${Buffer.from(`bot:${password}`).toString('base64')}`;
    world.server.accepts = (header) => header === login;
    await goThroughEverything(world);
    expect([...world.seen].join('\n')).toContain('git-remote-http');
    const key = readFileSync(join(world.secrets, 'key'), 'utf8').split('\n')[2] ?? '';
    expect(key.length).toBeGreaterThan(60);
    expect(leaks(world, [password, `bot:${password}`, PASSPHRASE, key])).toEqual([]);
  }, 180_000);

  it('stay where they are: the key of a GitHub App, and what it is traded for', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    const token = `ghs_${'t0ken'.repeat(8)}`;
    const asked: string[] = [];
    const github = createServer((request, response) => {
      asked.push(request.headers.authorization ?? '');
      const expires = new Date(Date.now() + 3_600_000).toISOString();
      response.writeHead(201).end(JSON.stringify({ token, expires_at: expires }));
    });
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void github.close());
    const { port } = github.address() as AddressInfo;
    const world = await aWorld({
      githubAppID: '7',
      githubAppInstallationID: '42',
      githubAppPrivateKey: pem,
      githubAppBaseURL: `http://127.0.0.1:${port}`,
    });
    const login = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
    world.server.accepts = (header) => header === login;
    await goThroughEverything(world);
    const jwts = asked.map((header) => header.replace('Bearer ', ''));
    expect(jwts.length).toBeGreaterThan(0);
    const line = pem.split('\n')[3] ?? '';
    expect(leaks(world, [token, `x-access-token:${token}`, line, ...jwts])).toEqual([]);
  }, 180_000);

  it('would be found, were they anywhere', async () => {
    const world = await aWorld({ password: 'x' });
    writeFileSync(join(world.folder, 'cache', 'careless'), `a ${encodeURIComponent('se/cret')} b`);
    expect(leaks(world, ['se/cret'])).toEqual(['se%2Fcret in cache/careless']);
  });
});
