import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGitSourceReader } from '../../../../engine/adapters/git/git-source-reader.ts';
import { createFolderSourceReader } from '../../../../engine/adapters/source/folder-source-reader.ts';
import { FILE_BYTES_MAX } from '../../../../engine/core/unread.ts';
import { Remote, temporaryFolder } from '../../../support/git-sandbox.ts';

describe('a folder as the source', () => {
  it('gives its YAML files in order, and a digest for a commit', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b', 'x.yml'), 'x');
    writeFileSync(join(folder, 'a.yaml'), 'a');
    writeFileSync(join(folder, 'README.md'), 'no');
    const first = await createFolderSourceReader(folder).read();
    expect(first).toMatchObject({
      kind: 'read',
      snapshot: { files: [{ path: 'a.yaml' }, { path: 'b/x.yml' }] },
    });
    expect(await createFolderSourceReader(folder).read()).toEqual(first);
    writeFileSync(join(folder, 'a.yaml'), 'changed');
    expect(await createFolderSourceReader(folder).read()).not.toEqual(first);
  });

  it('follows no symbolic link', async () => {
    const folder = temporaryFolder();
    symlinkSync('/etc/hostname', join(folder, 'link.yaml'));
    symlinkSync('/etc', join(folder, 'etc'));
    expect(await createFolderSourceReader(folder).read()).toMatchObject({
      snapshot: { files: [], unread: [{ code: 'not-a-file', location: { file: 'link.yaml' } }] },
    });
  });

  it('reads no file that is too large to be a manifest', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'big.yaml'), 'x'.repeat(FILE_BYTES_MAX + 1));
    expect(await createFolderSourceReader(folder).read()).toMatchObject({
      snapshot: { files: [], unread: [{ code: 'file-too-large' }] },
    });
  });

  it('that is not there is unreachable', async () => {
    expect(await createFolderSourceReader('/not/there').read()).toMatchObject({
      kind: 'unreachable',
    });
  });
});

describe('a branch as the source', () => {
  const read = (remote: Remote, path = '.') =>
    createGitSourceReader({
      clone: remote.clone(),
      branch: 'main',
      path,
      namesPeople: false,
    }).read();

  it('gives the manifests below its path, with the commit they are from', async () => {
    const remote = new Remote();
    const commit = remote.commit('main', {
      'deploy/a.yaml': 'a',
      'other/b.yaml': 'b',
      'x.txt': 'x',
    });
    expect(await read(remote, 'deploy')).toEqual({
      kind: 'read',
      snapshot: { commit, files: [{ path: 'deploy/a.yaml', text: 'a' }], unread: [] },
    });
  });

  it('that is not there is unreachable, and says its name', async () => {
    expect(await read(new Remote())).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining('main'),
    });
  });

  it('never reads a symbolic link as a manifest', async () => {
    const remote = new Remote();
    remote.commit('main', { 'a.yaml': 'a' });
    const blob = remote.git('hash-object', '-w', join(remote.folder, 'HEAD')).trim();
    const tree = remote.git('mktree', '--missing').trim();
    expect(tree).toMatch(/^[0-9a-f]+$/);
    remote.git('update-index', '--add', '--cacheinfo', `120000,${blob},link.yaml`);
    const withLink = remote.git('write-tree').trim();
    const commit = remote.git('commit-tree', withLink, '-m', 'link').trim();
    remote.git('update-ref', 'refs/heads/main', commit);
    expect(await read(remote)).toMatchObject({ snapshot: { files: [] } });
  });
});
