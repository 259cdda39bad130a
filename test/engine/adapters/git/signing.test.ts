import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGitDeliveryRepository } from '../../../../engine/adapters/git/git-delivery-repository.ts';
import {
  createSigningKey,
  type SigningOptions,
} from '../../../../engine/adapters/git/signing/open-signer.ts';
import { createSigningInspector } from '../../../../engine/adapters/git/signing-inspector.ts';
import type { CommitDraft } from '../../../../engine/ports/delivery-repository.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { GIT_ENV, Remote, temporaryFolder, write } from '../../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';
const AUTHOR = { name: 'Serin', email: 'serin@example.org' };
const COMMITTER = { name: 'Platform Bot', email: 'bot@example.org' };
function aDraft(path: string, text: string, message = `write ${path}\n`): CommitDraft {
  return { message, changes: [write(path, text)], atMs: Date.now() };
}

async function aDelivery(signing: SigningOptions) {
  const remote = new Remote();
  const delivery = createGitDeliveryRepository({
    clone: remote.clone(),
    branch: BRANCH,
    author: AUTHOR,
    committer: COMMITTER,
    signing: createSigningKey(signing),
  });
  await delivery.refresh();
  return { remote, delivery };
}

/** A new key as a person makes one. */
function sshKey(kind: readonly string[], passphrase = ''): string {
  const key = join(temporaryFolder(), 'signing');
  execFileSync('ssh-keygen', ['-q', '-t', ...kind, '-N', passphrase, '-C', 'x', '-f', key]);
  return key;
}

function file(text: string): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, text);
  return path;
}

/** What `git verify-commit` says of the tip, for the keys that a platform team allows. */
function verifySsh(remote: Remote, key: string, count = 100): string {
  const allowed = file(`${COMMITTER.email} namespaces="git" ${readFileSync(`${key}.pub`, 'utf8')}`);
  return remote.git(
    '-c',
    `gpg.ssh.allowedSignersFile=${allowed}`,
    'log',
    `--max-count=${count}`,
    '--format=%G? %GS',
    BRANCH,
  );
}

describe('commits signed with an SSH key', () => {
  it.each([
    [['ed25519']],
    [['ecdsa', '-b', '256']],
    [['ecdsa', '-b', '384']],
    [['ecdsa', '-b', '521']],
    [['rsa', '-b', '2048']],
  ])('of the kind %s are good for git, each of them', async (kind) => {
    const key = sshKey(kind);
    const { remote, delivery } = await aDelivery({ format: 'ssh', key });
    const outcome = await delivery.publish([aDraft('a', '1'), aDraft('b', '2')], undefined);
    expect(outcome.kind).toBe('pushed');
    expect(verifySsh(remote, key)).toBe(`G ${COMMITTER.email}\n`.repeat(2));
    remote.git('fsck', '--strict');
  });

  it('keep author and committer apart, and every byte of the message', async () => {
    const { remote, delivery } = await aDelivery({ format: 'ssh', key: sshKey(['ed25519']) });
    const message = 'grün: weight 10 (why)\n\npass: x\n\nCanary: shop/cart\n';
    await delivery.publish([aDraft('a', '1', message)], undefined);
    expect(remote.git('log', '-1', '--format=%an <%ae>|%cn <%ce>', BRANCH).trim()).toBe(
      'Serin <serin@example.org>|Platform Bot <bot@example.org>',
    );
    expect(remote.git('log', '-1', '--format=%B', BRANCH)).toBe(`${message}\n`);
  });

  it('go on top of each other and of what is there, a thousand in one push', async () => {
    const key = sshKey(['ed25519']);
    const { remote, delivery } = await aDelivery({ format: 'ssh', key });
    const first = await delivery.publish([aDraft('start', '0')], undefined);
    const tip = first.kind === 'pushed' ? first.commits[0] : undefined;
    const drafts = Array.from({ length: 1_000 }, (_, index) =>
      aDraft(`r/${index % 50}`, `${index}`),
    );
    const outcome = await delivery.publish(drafts, tip);
    const ids = remote.git('rev-list', '--reverse', `${tip}..${BRANCH}`).trim().split('\n');
    expect(outcome).toMatchObject({ kind: 'pushed', commits: ids });
    expect(remote.file(BRANCH, 'r/49')).toBe('999');
    // Each holds the id of the one before: a wrong one in between would leave the last without parents.
    expect(verifySsh(remote, key, 3)).toBe(`G ${COMMITTER.email}\n`.repeat(3));
    const signed = remote.git('log', '--format=%H', '--grep=^write', BRANCH).trim().split('\n');
    expect(signed).toHaveLength(1_001);
    for (const id of [signed[0], signed[500], signed[1_000]]) {
      expect(remote.git('cat-file', 'commit', String(id))).toContain('gpgsig -----BEGIN SSH');
    }
    remote.git('fsck', '--strict');
  });

  it('can have a key that is locked, with its passphrase in a file', async () => {
    const key = sshKey(['ed25519'], 'correct horse');
    const { remote, delivery } = await aDelivery({
      format: 'ssh',
      key,
      passphrase: file('correct horse\n'),
    });
    await delivery.publish([aDraft('a', '1')], undefined);
    expect(verifySsh(remote, key)).toBe(`G ${COMMITTER.email}\n`);
  });

  it('change over to a key that takes the place of the first', async () => {
    const [old, next] = [sshKey(['ed25519']), sshKey(['ed25519'])];
    const key = join(temporaryFolder(), 'key');
    copyFileSync(old, key);
    const { remote, delivery } = await aDelivery({ format: 'ssh', key });
    const first = await delivery.publish([aDraft('a', '1')], undefined);
    copyFileSync(next, key);
    const tip = first.kind === 'pushed' ? first.commits[0] : undefined;
    await delivery.publish([aDraft('b', '1')], tip);
    expect(verifySsh(remote, next)).toBe(`G ${COMMITTER.email}\nU \n`);
  });
});

describe('commits signed with an OpenPGP key', () => {
  it.each(['ed25519', 'rsa2048'])('of the kind %s are good for GnuPG', async (kind) => {
    const home = gnupgHome();
    const gpg = (...args: readonly string[]) =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    gpg('--passphrase', '', '--quick-gen-key', 'Bot <bot@example.org>', kind, 'sign', 'never');
    const key = file(gpg('--armor', '--export-secret-keys'));
    const { remote, delivery } = await aDelivery({ format: 'openpgp', key });
    expect((await delivery.publish([aDraft('a', '1'), aDraft('b', '2')], undefined)).kind).toBe(
      'pushed',
    );
    const log = execFileSync('git', ['-C', remote.folder, 'log', '--format=%G? %GS', BRANCH], {
      env: { ...GIT_ENV, GNUPGHOME: home },
      encoding: 'utf8',
    });
    expect(log).toBe('G Bot <bot@example.org>\n'.repeat(2));
  });

  it('can have a key that is locked, with its passphrase in a file', async () => {
    const home = gnupgHome();
    const args = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback'];
    const gpg = (...more: readonly string[]) =>
      execFileSync('gpg', [...args, '--passphrase', 'pw', ...more], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    gpg('--quick-gen-key', 'Bot <bot@example.org>', 'ed25519', 'sign', 'never');
    const key = file(gpg('--armor', '--export-secret-keys'));
    const right = createSigningKey({ format: 'openpgp', key, passphrase: file('pw') });
    const signature = await (await right.open()).sign(Buffer.from('x'), Date.now());
    expect(signature).toMatch(/^-----BEGIN PGP SIGNATURE-----/);
    const wrong = createSigningKey({ format: 'openpgp', key, passphrase: file('no') });
    await expect(wrong.open()).rejects.toThrow(/passphrase is not its own/);
  });
});

/** Agents that GnuPG starts for a home live until they are told to end. */
function gnupgHome(): string {
  const home = join(temporaryFolder(), 'g');
  mkdirSync(home, { mode: 0o700 });
  onTestFinished(() => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
  });
  return home;
}

describe('an inspection of the key', () => {
  const inspect = (signing?: SigningOptions) =>
    createSigningInspector(
      signing && createSigningKey(signing),
      new FakeClock(Date.now()),
    ).inspect();

  it('signs something, and says whose signature hosts have to know', async () => {
    const key = sshKey(['ed25519']);
    const [, text = ''] = readFileSync(`${key}.pub`, 'utf8').split(' ');
    expect(await inspect({ format: 'ssh', key })).toMatchObject([
      { status: 'ok', message: expect.stringContaining(text) },
    ]);
  });

  it('says that commits are not signed, or cannot be', async () => {
    expect(await inspect()).toMatchObject([
      { status: 'ok', message: expect.stringMatching(/not signed/) },
    ]);
    expect(await inspect({ format: 'ssh', key: '/not/there' })).toMatchObject([
      { status: 'failure', remedy: expect.stringContaining('ssh-keygen') },
    ]);
  });
});

describe('a key that cannot be used', () => {
  const locked = () => sshKey(['ed25519'], 'secret');
  it.each([
    ['is not there', () => ({ format: 'ssh', key: '/not/there' }) as const, /\(ENOENT\)/],
    ['is no key', () => ({ format: 'ssh', key: file('garbage') }) as const, /no private key/],
    ['is no OpenPGP key', () => ({ format: 'openpgp', key: file('x') }) as const, /no armored/],
    ['is locked', () => ({ format: 'ssh', key: locked() }) as const, /no passphrase is given/],
    [
      'has another passphrase',
      () => ({ format: 'ssh', key: locked(), passphrase: file('other') }) as const,
      /passphrase is not its own/,
    ],
  ])(
    'because it %s stops the push with a remedy, and nothing is pushed',
    async (_, signing, why) => {
      const { remote, delivery } = await aDelivery(signing());
      const outcome = await delivery.publish([aDraft('a', '1')], undefined);
      expect(outcome).toMatchObject({
        kind: 'rejected',
        why: expect.stringMatching(why),
        remedy: expect.stringContaining('passphrase as a file'),
      });
      expect(remote.git('branch', '--list').trim()).toBe('');
    },
  );
});
