import { describe, expect, it } from 'vitest';
import { createGitSourceWriter } from '../../../../engine/adapters/git/git-source-writer.ts';
import type { FileChange } from '../../../../engine/ports/delivery-repository.ts';
import type { WithoutRelease } from '../../../../engine/ports/source-writer.ts';
import { Remote, write } from '../../../support/git-sandbox.ts';

const IDENTITY = { name: 'Serin', email: 'serin@localhost' };

/** Ten lines, of which a release changes the second. */
function manifest(image: string, last = 'end'): string {
  return `kind: Deployment\nimage: ${image}\n${'-\n'.repeat(7)}${last}\n`;
}

class Source {
  readonly remote = new Remote();
  readonly before = this.remote.commit('main', { 'cart.yaml': manifest('v1'), 'other.yaml': 'a' });
  readonly released = this.remote.commit('main', { 'cart.yaml': manifest('v2') }, 'release v2');
  readonly writer = createGitSourceWriter({
    clone: this.remote.clone(),
    branch: 'main',
    author: IDENTITY,
    committer: IDENTITY,
  });

  without(files = ['cart.yaml'], after = this.before): Promise<WithoutRelease> {
    return this.writer.without({ after, upTo: this.released, files });
  }
}

function draft(...changes: readonly FileChange[]) {
  return { message: 'take back\n', changes, atMs: 1_767_225_600_000 };
}

describe('a source without a release', () => {
  it('has the files of before, and names the commits that brought the release', async () => {
    const source = new Source();
    expect(await source.without()).toEqual({
      kind: 'found',
      onto: source.released,
      commits: [source.released],
      files: [{ path: 'cart.yaml', text: manifest('v1') }],
      isClean: true,
    });
  });

  it('keeps what people changed since in other lines', async () => {
    const source = new Source();
    const onto = source.remote.commit('main', { 'cart.yaml': manifest('v2', 'later') });
    expect(await source.without()).toMatchObject({
      onto,
      files: [{ path: 'cart.yaml', text: manifest('v1', 'later') }],
      isClean: true,
    });
  });

  it('is not clean where people changed the same lines: its files are those of before', async () => {
    const source = new Source();
    source.remote.commit('main', { 'cart.yaml': manifest('v2-fixed', 'later') });
    expect(await source.without()).toMatchObject({
      files: [{ path: 'cart.yaml', text: manifest('v1') }],
      isClean: false,
    });
  });

  it('is not to be had when the release changed no file of the canary', async () => {
    expect(await new Source().without(['other.yaml'])).toMatchObject({ kind: 'nothing' });
  });

  it('is not to be had when the branch does not hold the release any more', async () => {
    const source = new Source();
    source.remote.git('update-ref', 'refs/heads/main', source.before);
    expect(await source.without()).toMatchObject({ kind: 'nothing' });
  });

  it.each(['not a commit', '--upload-pack=x', 'f'.repeat(40)])(
    'is not to be had since %j',
    async (after) => {
      expect(await new Source().without(['cart.yaml'], after)).toMatchObject({ kind: 'nothing' });
    },
  );
});

describe('taking a release back', () => {
  it('is one commit on the source branch, which changes the release’s files alone', async () => {
    const source = new Source();
    await source.without();
    const change = write('cart.yaml', manifest('v1'));
    const outcome = await source.writer.commit(draft(change), source.released);
    expect(outcome).toMatchObject({ kind: 'pushed' });
    expect(source.remote.subjects('main')).toEqual(['take back', 'release v2', 'by hand']);
    expect(source.remote.git('diff', '--name-only', 'main^', 'main')).toBe('cart.yaml\n');
  });

  it('is stale when somebody has committed meanwhile, and changes nothing then', async () => {
    const source = new Source();
    await source.without();
    const theirs = source.remote.commit('main', { 'other.yaml': 'b' });
    const change = write('cart.yaml', manifest('v1'));
    expect(await source.writer.commit(draft(change), source.released)).toMatchObject({
      kind: 'stale',
    });
    expect(source.remote.git('rev-parse', 'main').trim()).toBe(theirs);
  });

  it('can be a branch of its own, once', async () => {
    const source = new Source();
    const change = draft(write('cart.yaml', manifest('v1')));
    const propose = () => source.writer.propose('serin/take-back/cart', change, source.released);
    await source.without();
    expect(await propose()).toMatchObject({ kind: 'pushed' });
    expect(await propose()).toEqual({ kind: 'exists' });
    expect(source.remote.subjects('serin/take-back/cart')[0]).toBe('take back');
    expect(source.remote.subjects('main')).toEqual(['release v2', 'by hand']);
  });
});
