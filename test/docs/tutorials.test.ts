import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { serin } from '../support/serin.ts';

const TUTORIALS = join(import.meta.dirname, '../../examples/tutorials');
const files = readdirSync(TUTORIALS).filter((name) => name.endsWith('.yaml'));

/** A tutorial as the source of a delivery. */
function aWorkplace(name: string): string {
  const folder = temporaryFolder();
  new Remote(folder);
  mkdirSync(join(folder, 'source'));
  copyFileSync(join(TUTORIALS, name), join(folder, 'source', name));
  const config = [
    'source: { folder: source }',
    'delivery: { repository: remote.git, branch: delivery/test }',
    'cluster: { provider: playground, address: "http://127.0.0.1:1" }',
  ];
  writeFileSync(join(folder, 'serin.yaml'), `${config.join('\n')}\n`);
  return folder;
}

describe('a tutorial', () => {
  it.each(files)('%s is in order, and its first commits can be planned', async (name) => {
    const folder = aWorkplace(name);
    const validated = await serin(folder, 'validate', 'source');
    expect(validated).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 valid, 0 problems'),
    });
    const planned = await serin(folder, 'plan', '--no-diff');
    expect(planned).toMatchObject({ code: 0, out: expect.stringContaining('create primary') });
    expect(planned.out).toContain('3 commits, then: revision');
  });

  it.each(files)('%s is on the page that lists them', (name) => {
    expect(readFileSync(join(TUTORIALS, 'README.md'), 'utf8')).toContain(`(${name})`);
  });
});
