import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGit } from '../../../../engine/adapters/git/create-git.ts';
import { createGitSourceReader } from '../../../../engine/adapters/git/git-source-reader.ts';
import { loadSource } from '../../../../engine/config/load-source.ts';
import { FILE_BYTES_MAX } from '../../../../engine/core/unread.ts';
import type { CommitDraft } from '../../../../engine/ports/delivery-repository.ts';
import { T0_MS } from '../../../support/builders.ts';
import { GIT_ENV, Remote, temporaryFolder, write } from '../../../support/git-sandbox.ts';

/**
 * Goal: whatever stands in a repository, no command of it runs, nothing is written outside the
 * clone, and what cannot be used is named. Method: repositories that Git's own tools refuse to
 * make, built object by object; a command that runs would leave a marker behind.
 */
const BRANCH = 'delivery/test';

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** Writes objects and refs into a remote as they are, past all of Git's checks. */
class Forge {
  readonly remote = new Remote();
  readonly marker = join(temporaryFolder(), 'ran');

  blob(text: string): string {
    return this.#write('blob', Buffer.from(text));
  }

  tree(...entries: readonly Entry[]): string {
    const bytes = entries.map(({ mode, name, id }) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
    );
    return this.#write('tree', Buffer.concat(bytes));
  }

  file(name: string, text: string): Entry {
    return { mode: '100644', name, id: this.blob(text) };
  }

  folder(name: string, ...entries: readonly Entry[]): Entry {
    return { mode: '40000', name, id: this.tree(...entries) };
  }

  commit(branch: string, ...entries: readonly Entry[]): string {
    const commit = this.remote.git('commit-tree', this.tree(...entries), '-m', 'forged').trim();
    this.remote.git('update-ref', `refs/heads/${branch}`, commit);
    return commit;
  }

  #write(type: string, input: Buffer): string {
    const args = [
      '-C',
      this.remote.folder,
      'hash-object',
      '-t',
      type,
      '-w',
      '--literally',
      '--stdin',
    ];
    return execFileSync('git', args, { env: GIT_ENV, input, encoding: 'utf8' }).trim();
  }
}

const readSource = (remote: Remote, clone = remote.clone()) =>
  createGitSourceReader({ clone, branch: 'main', path: '.', namesPeople: false }).read();

const paths = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);

describe('a hostile source', () => {
  it('is read as far as it holds ordinary files, and everything else is named', async () => {
    const forge = new Forge();
    forge.commit(
      'main',
      forge.file('--upload-pack=touch x.yaml', 'dashes: 1\n'),
      forge.file('-rf.yaml', 'dash: 1\n'),
      forge.folder('..', forge.file('evil.yaml', 'outside: 1\n')),
      forge.folder('.git', forge.file('config.yaml', 'git: 1\n')),
      forge.file('A.yaml', 'upper: 1\n'),
      forge.file('a.yaml', 'lower: 1\n'),
      forge.file('big.yaml', `# ${'x'.repeat(FILE_BYTES_MAX)}\n`),
      forge.file('crlf.yaml', 'a: 1\r\nb: 2\r\n'),
      { mode: '120000', name: 'link.yaml', id: forge.blob('/etc/passwd') },
      forge.file('new\nline.yaml', 'line: 1\n'),
      { mode: '160000', name: 'sub.yaml', id: '1'.repeat(40) },
    );
    const outcome = await readSource(forge.remote);
    if (outcome.kind !== 'read') throw new Error(outcome.why);
    const { files, unread = [] } = outcome.snapshot;
    expect(paths(files)).toEqual([
      '--upload-pack=touch x.yaml',
      '-rf.yaml',
      'A.yaml',
      'a.yaml',
      'crlf.yaml',
    ]);
    expect(files.at(-1)?.text).toBe('a: 1\r\nb: 2\r\n');
    expect(unread.map(({ code, location }) => [code, location?.file])).toEqual([
      ['path-outside', '../evil.yaml'],
      ['path-outside', '.git/config.yaml'],
      ['file-too-large', 'big.yaml'],
      ['not-a-file', 'link.yaml'],
      ['path-outside', 'new\nline.yaml'],
      ['not-a-file', 'sub.yaml'],
    ]);
    for (const { remedy } of unread) expect(remedy).not.toBe('');
  });

  it('lets nobody conclude that what could not be read was removed', async () => {
    const forge = new Forge();
    forge.commit(
      'main',
      forge.file('a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'),
      {
        mode: '120000',
        name: 'link.yaml',
        id: forge.blob('a.yaml'),
      },
    );
    const outcome = await readSource(forge.remote);
    if (outcome.kind !== 'read') throw new Error(outcome.why);
    const { files, unread } = outcome.snapshot;
    const loaded = loadSource(files, { established: new Set(), unread });
    expect(loaded.others).toHaveLength(1);
    expect(loaded.complete).toBe(false);
    expect(loaded.problems.map(({ code }) => code)).toEqual(['not-a-file']);
  });

  it('runs no filter, no textual conversion and no submodule of its own', async () => {
    const forge = new Forge();
    const { marker } = forge;
    forge.commit(
      'main',
      forge.file(
        '.gitattributes',
        '* filter=evil diff=evil merge=evil working-tree-encoding=UTF-16\n',
      ),
      forge.file('.gitconfig', `[filter "evil"]\n\tsmudge = touch ${marker}\n`),
      forge.file('.gitmodules', `[submodule "x"]\n\tpath = x\n\turl = ext::touch% ${marker}\n`),
      forge.file('a.yaml', 'a: ä\n'),
      { mode: '160000', name: 'x', id: '1'.repeat(40) },
    );
    const clone = forge.remote.clone();
    const outcome = await readSource(forge.remote, clone);
    expect(outcome).toMatchObject({
      kind: 'read',
      snapshot: { files: [{ path: 'a.yaml', text: 'a: ä\n' }], unread: [] },
    });
    expect(await forge.remote.delivery('main', clone).history({ paths: ['a.yaml'] })).toHaveLength(
      1,
    );
    expect(existsSync(marker)).toBe(false);
  });

  it('leads to nobody else’s branch by a name that looks like one', async () => {
    const forge = new Forge();
    const right = forge.commit('main', forge.file('a.yaml', 'right: 1\n'));
    const wrong = forge.commit('decoy', forge.file('a.yaml', 'wrong: 1\n'));
    const refs = ['refs/tags/main', 'refs/decoy/refs/heads/main', 'refs/heads/refs/heads/main'];
    for (const ref of refs) forge.remote.git('update-ref', ref, wrong);
    const packed = `${wrong} refs/heads/--upload-pack=touch\n${wrong} refs/heads/-x\n`;
    appendFileSync(join(forge.remote.folder, 'packed-refs'), packed);
    expect(await readSource(forge.remote)).toMatchObject({ snapshot: { commit: right } });
  });

  it('puts nothing outside the clone, whatever its paths say', async () => {
    const forge = new Forge();
    forge.commit('main', forge.folder('..', forge.folder('..', forge.file('evil.yaml', 'x: 1\n'))));
    const clone = forge.remote.clone();
    await readSource(forge.remote, clone);
    expect(readdirSync(join(clone.folder, '..'))).toEqual([clone.folder.split('/').at(-1)]);
    const outcome = execFileSync('find', [join(clone.folder, '..'), '-name', 'evil*']).toString();
    expect(outcome).toBe('');
  });
});

function aDraft(path: string, text: string): CommitDraft {
  return { message: 'ours\n', changes: [write(path, text)], atMs: T0_MS };
}

async function tipOf(delivery: ReturnType<Remote['delivery']>): Promise<string> {
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh') throw new Error(refreshed.why);
  return refreshed.tip ?? '';
}

describe('a hostile delivery branch', () => {
  it('never keeps the engine from reading what it owns', async () => {
    const forge = new Forge();
    const canary = forge.folder(
      'cart',
      forge.file('a.yaml', 'a: 1\n'),
      { mode: '120000', name: 'link.yaml', id: forge.blob('/etc/passwd') },
      { mode: '160000', name: 'sub', id: '1'.repeat(40) },
    );
    forge.commit(BRANCH, forge.folder('workloads', forge.folder('shop', canary)));
    const delivery = forge.remote.delivery(BRANCH);
    const entries = await delivery.list(await tipOf(delivery), 'workloads/shop/cart');
    const texts = await delivery.read(entries.map(({ blob }) => blob));
    expect([...texts.values()].toSorted()).toEqual(['/etc/passwd', 'a: 1\n']);
  });

  it('gets an ordinary file where a link or a submodule stands in its place', async () => {
    const forge = new Forge();
    forge.commit(
      BRANCH,
      forge.file('theirs', 'untouched\n'),
      forge.folder(
        'workloads',
        { mode: '120000', name: 'link.yaml', id: forge.blob('same text') },
        { mode: '160000', name: 'sub.yaml', id: '1'.repeat(40) },
      ),
    );
    const delivery = forge.remote.delivery(BRANCH);
    const tip = await tipOf(delivery);
    const drafts = [aDraft('workloads/link.yaml', 'same text'), aDraft('workloads/sub.yaml', 'x')];
    expect(await delivery.publish(drafts, tip)).toMatchObject({ kind: 'pushed' });
    expect(forge.remote.git('ls-tree', '-r', '--format=%(objectmode) %(path)', BRANCH)).toBe(
      '100644 theirs\n100644 workloads/link.yaml\n100644 workloads/sub.yaml\n',
    );
  });

  it.each([
    ['a file where a folder has to be', 'workloads/shop', 'workloads/shop/cart/a.yaml'],
    [
      'a folder where a file has to be',
      'workloads/shop/cart/a.yaml/b',
      'workloads/shop/cart/a.yaml',
    ],
  ])('with %s is named, and nothing of it is taken away', async (_, theirs, ours) => {
    const remote = new Remote();
    remote.commit(BRANCH, { [theirs]: 'theirs\n' });
    const delivery = remote.delivery(BRANCH);
    const tip = await tipOf(delivery);
    expect(await delivery.publish([aDraft(ours, 'ours\n')], tip)).toMatchObject({
      kind: 'rejected',
      why: expect.stringContaining('path-occupied'),
      remedy: expect.stringContaining('remove'),
    });
    expect(remote.git('rev-parse', BRANCH).trim()).toBe(tip);
  });

  it('with a file for a folder does not look as if the folder were empty', async () => {
    const remote = new Remote();
    remote.commit(BRANCH, { 'rollouts/shop': 'x', 'rollouts/other/cart/record.yaml': 'y' });
    const delivery = remote.delivery(BRANCH);
    const tip = await tipOf(delivery);
    await expect(delivery.list(tip, 'rollouts/shop/cart')).rejects.toThrow(/path-occupied/);
    expect(paths(await delivery.list(tip, 'rollouts/other/cart'))).toHaveLength(1);
  });

  it('cannot pass a message off as trailers or as another commit', async () => {
    const remote = new Remote();
    const id = 'f'.repeat(40);
    const message = `x\u001f1\u001fy\u001eCanary: a/b\n\n${id}\u001f1\u001fsubject\n\nNote: a\u001eCanary: c/d\n`;
    remote.commit(BRANCH, { a: '1' }, message);
    const delivery = remote.delivery(BRANCH);
    await delivery.refresh();
    const history = await delivery.history({});
    expect(history).toHaveLength(1);
    expect(history[0]?.trailers).toEqual([{ key: 'Note', value: 'a\u001eCanary: c/d' }]);
  });
});

describe('a clone that somebody tampered with', () => {
  it('runs no hook', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    await delivery.refresh();
    const marker = join(temporaryFolder(), 'ran');
    const hooks = ['reference-transaction', 'pre-push', 'post-update', 'pre-receive', 'update'];
    for (const hook of [...hooks, 'post-rewrite', 'fsmonitor-watchman', 'proc-receive']) {
      const script = `#!/bin/sh\ntouch ${marker}\n`;
      writeFileSync(join(clone.folder, 'hooks', hook), script, { mode: 0o755 });
    }
    expect(await delivery.publish([aDraft('a', '1')], undefined)).toMatchObject({ kind: 'pushed' });
    await delivery.refresh();
    expect(existsSync(marker)).toBe(false);
  });

  it('leads to no other protocol by rewriting the address', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    await delivery.refresh();
    const marker = join(temporaryFolder(), 'ran');
    const config = `[url "ext::touch% ${marker}% #"]\n\tinsteadOf = file://\n[protocol "ext"]\n\tallow = always\n`;
    appendFileSync(join(clone.folder, 'config'), config);
    expect(await delivery.refresh()).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining("transport 'ext' not allowed"),
    });
    expect(existsSync(marker)).toBe(false);
  });

  it('fetches nothing by a command that is none of the network’s', async () => {
    const remote = new Remote();
    remote.commit('main', { 'a.yaml': 'a' });
    const clone = remote.clone();
    await clone.fetch(['main']);
    const { code, stderr } = await clone.git.pipe(['cat-file', 'blob', 'main:a.yaml'], '');
    expect(code).not.toBe(0);
    expect(stderr).toContain("transport 'file' not allowed");
  });
});

describe('a hostile server', () => {
  it('that never answers is given up with all its processes', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/x.git`;
    const remote = new Remote();
    const clone = remote.clone(remote.url);
    await clone.fetch(['main']);
    const git = createGit({ folder: clone.folder, env: GIT_ENV, remote: { url } });
    const { timedOut } = await git.remote(['ls-remote', '--', url], { timeoutMs: 700 });
    expect(timedOut).toBe(true);
    expect(processesNaming(url)).toEqual([]);
  });

  it('that talks without end is listened to in part', async () => {
    const remote = new Remote();
    const hook = join(remote.folder, 'hooks', 'pre-receive');
    const script =
      '#!/bin/sh\nhead -c 30000000 /dev/zero | tr "\\0" "x" >&2\necho only on mondays >&2\nexit 1\n';
    writeFileSync(hook, script, { mode: 0o755 });
    const delivery = remote.delivery(BRANCH);
    await delivery.refresh();
    const outcome = await delivery.publish([aDraft('a', '1')], undefined);
    expect(outcome).toMatchObject({ kind: 'rejected' });
    expect(JSON.stringify(outcome).length).toBeLessThan(2_000);
  });
});

function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(text));
}
