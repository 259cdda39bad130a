import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createGitSourceReader } from '../../../../engine/adapters/git/git-source-reader.ts';
import { GIT_ENV, Remote } from '../../../support/git-sandbox.ts';

/** Commits of several people, on top of each other; each changes one file. */
class Team {
  readonly remote = new Remote();
  #commits = 0;

  commit(name: string, email: string, file: string, message = 'change\n'): string {
    const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
    const isFirst = this.#commits === 0;
    this.#commits += 1;
    const stream = [
      'commit refs/heads/main\n',
      `author ${name} <${email}> ${this.#commits} +0000\n`,
      `committer Host <host@example.org> ${this.#commits} +0000\n`,
      data(message),
      isFirst ? '' : 'from refs/heads/main^0\n',
      `M 100644 inline ${file}\n`,
      data(String(this.#commits)),
    ];
    execFileSync('git', ['-C', this.remote.folder, 'fast-import', '--quiet'], {
      env: GIT_ENV,
      input: stream.join(''),
    });
    return this.remote.git('rev-parse', 'main').trim();
  }

  async people(after: string, upTo: string, files: readonly string[] = ['cart.yaml']) {
    const clone = this.remote.clone();
    const source = createGitSourceReader({ clone, branch: 'main', path: '.', namesPeople: true });
    await source.read();
    return source.people?.({ after, upTo, files });
  }
}

describe('the people of a release', () => {
  it('are those who changed its files since the release before, newest first, each once', async () => {
    const team = new Team();
    const before = team.commit('Old', 'old@example.org', 'cart.yaml');
    team.commit('Ada', 'ada@example.org', 'cart.yaml');
    team.commit('Mallory', 'mallory@example.org', 'other.yaml');
    team.commit('Ada L.', 'ADA@example.org', 'cart.yaml');
    const now = team.commit('Bob', 'bob@example.org', 'cart.yaml');
    team.commit('Later', 'later@example.org', 'cart.yaml');
    expect(await team.people(before, now)).toEqual([
      { name: 'Bob', email: 'bob@example.org' },
      { name: 'Ada', email: 'ada@example.org' },
    ]);
  });

  it('are also those whom a commit names beside its author', async () => {
    const team = new Team();
    const before = team.commit('Old', 'old@example.org', 'cart.yaml');
    const message =
      'pair\n\nCo-authored-by: Eve Example <eve@example.org>\nCo-authored-by: nonsense\n';
    const now = team.commit('Ada', 'ada@example.org', 'cart.yaml', message);
    expect(await team.people(before, now)).toEqual([
      { name: 'Ada', email: 'ada@example.org' },
      { name: 'Eve Example', email: 'eve@example.org' },
    ]);
  });

  it('are never more than twenty', async () => {
    const team = new Team();
    const before = team.commit('Old', 'old@example.org', 'cart.yaml');
    let now = before;
    for (let n = 0; n < 25; n += 1) now = team.commit(`P${n}`, `p${n}@example.org`, 'cart.yaml');
    expect(await team.people(before, now)).toHaveLength(20);
  });

  it('have plain names, and addresses, or are left out', async () => {
    const team = new Team();
    const before = team.commit('Old', 'old@example.org', 'cart.yaml');
    const message =
      'x\n\nCo-authored-by: Tab\tand \u0007bell <bell@example.org>\nCo-authored-by: No address <nowhere>\n';
    const now = team.commit('Ada', 'no address', 'cart.yaml', message);
    expect(await team.people(before, now)).toEqual([
      { name: 'Tab and bell', email: 'bell@example.org' },
    ]);
  });

  it.each([
    ['a history that was rewritten', 'f'.repeat(40)],
    ['a folder', 'sha256:abc'],
    ['an option', '--output=/tmp/x'],
  ])('are nobody where the release before is from %s', async (_, before) => {
    const team = new Team();
    const now = team.commit('Ada', 'ada@example.org', 'cart.yaml');
    expect(await team.people(before, now)).toEqual([]);
  });
});
