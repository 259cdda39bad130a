import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutObject } from '../../../engine/config/remove-document.ts';
import { temporaryFolder } from '../../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';
import { serin } from '../../support/serin.ts';

const CANARY = 'default/reviews';

function aFolder(texts: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const exposed = aCanaryFile().replace(
  'targetPort: 9080',
  'targetPort: 9080\n    gateways: [istio-system/public]\n    hosts: [reviews.example]',
);

describe('serin eject', () => {
  it('removes the Canary and writes the public Service beside it, and the rest is in order', async () => {
    const folder = aFolder({
      'm/reviews/canary.yaml': aCanaryFile(),
      'm/reviews/deployment.yaml': aDeploymentFile({ replicas: 2 }),
    });
    const { code, out } = await serin(folder, 'eject', CANARY, 'm');
    expect(code).toBe(0);
    expect(out.trimEnd()).toBe(
      'removed reviews/canary.yaml\nwrote reviews/service-reviews.yaml\nkeep Deployment reviews\n\n' +
        'commit this, and Canary default/reviews leaves by itself, step by step: serin status',
    );
    expect(existsSync(join(folder, 'm/reviews/canary.yaml'))).toBe(false);
    const service = readFileSync(join(folder, 'm/reviews/service-reviews.yaml'), 'utf8');
    expect(service).toMatch(/selector:\n {4}app: reviews\n/);
    const valid = await serin(folder, 'validate', 'm', '-o', 'json');
    expect(JSON.parse(valid.out)).toEqual({ canaries: [], others: 2, problems: [] });
  });

  it('writes a route to that Service where it was exposed', async () => {
    const folder = aFolder({ 'all.yaml': `${exposed}---\n${aDeploymentFile()}` });
    const { code, out } = await serin(folder, 'eject', CANARY, '.', '-o', 'json');
    expect(code).toBe(0);
    const { written, changes } = JSON.parse(out) as {
      written: boolean;
      changes: readonly { path: string; text: string }[];
    };
    expect(written).toBe(true);
    expect(changes.map(({ path }) => path)).toEqual([
      'all.yaml',
      'service-reviews.yaml',
      'virtualservice-reviews.yaml',
    ]);
    expect(readFileSync(join(folder, 'all.yaml'), 'utf8')).toBe(aDeploymentFile());
    const route = readFileSync(join(folder, 'virtualservice-reviews.yaml'), 'utf8');
    expect(route).toContain('reviews.example');
    expect(route).toMatch(/route:\n {8}- destination:\n {12}host: reviews\n/);
  });

  it('with --dry-run prints it and changes nothing', async () => {
    const folder = aFolder({ 'c.yaml': aCanaryFile(), 'd.yaml': aDeploymentFile() });
    const { code, out } = await serin(folder, 'eject', CANARY, '.', '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('# service-reviews.yaml\napiVersion: v1\nkind: Service');
    expect(out).toContain('remove c.yaml\nwrite service-reviews.yaml');
    expect(readFileSync(join(folder, 'c.yaml'), 'utf8')).toBe(aCanaryFile());
    expect(existsSync(join(folder, 'service-reviews.yaml'))).toBe(false);
  });

  it('prints it from the configured source where no folder is given', async () => {
    const folder = aFolder({
      'dist/c.yaml': aCanaryFile(),
      'dist/d.yaml': aDeploymentFile(),
      'serin.yaml':
        'source: { folder: dist }\ndelivery: { repository: remote.git, branch: delivery/test }\n' +
        'cluster: { provider: playground, address: "http://127.0.0.1:1" }\n',
    });
    const { code, out } = await serin(folder, 'eject', CANARY);
    expect(code).toBe(0);
    expect(out).toContain('remove c.yaml\nwrite service-reviews.yaml');
    expect(existsSync(join(folder, 'dist/c.yaml'))).toBe(true);
  });

  it('warns of a target that is to have no replicas', async () => {
    const folder = aFolder({ 'c.yaml': aCanaryFile(), 'd.yaml': aDeploymentFile({ replicas: 0 }) });
    const { code, err } = await serin(folder, 'eject', CANARY, '.');
    expect(code).toBe(0);
    expect(err).toContain('Deployment reviews has replicas: 0');
  });

  it.each([
    ['default/other', {}, 'canary-unknown'],
    ['reviews', {}, 'invalid-argument'],
    [CANARY, { 'service-reviews.yaml': '# mine\n' }, 'invalid-argument'],
    [CANARY, { 'c.yaml': aCanaryFile().replace('threshold:', 'treshold:') }, 'unknown-field'],
  ])('refuses %s with %j: %s', async (canary, texts, code) => {
    const folder = aFolder({ 'c.yaml': aCanaryFile(), 'd.yaml': aDeploymentFile(), ...texts });
    const ejected = await serin(folder, 'eject', canary, '.');
    expect(ejected.code).toBe(2);
    expect(ejected.err).toContain(code);
    expect(existsSync(join(folder, 'c.yaml'))).toBe(true);
  });
});

describe('a file without one of its objects', () => {
  const without = (text: string) =>
    withoutObject(
      { path: 'x.yaml', text },
      (object) => (object as { kind?: string })?.kind === 'Canary',
    );
  const canary = 'kind: Canary\nmetadata: {name: a}\n';
  const other = '# ours\nkind: Service # public\nmetadata: {name: a}\n';

  it.each([
    ['alone', canary, undefined],
    ['alone with a comment after it', `---\n${canary}---\n# nothing\n`, undefined],
    ['first', `---\n${canary}---\n${other}`, other],
    ['last', `${other}---\n${canary}`, other],
    ['in the middle', `${other}---\n${canary}---\n${other}`, `${other}---\n${other}`],
  ])('that stood %s', (_, text, rest) => {
    expect(without(text)).toBe(rest);
  });

  it('takes an item out of a List, and goes with the last one', () => {
    const list = 'kind: List\nitems:\n  - kind: Canary\n    metadata: {name: a}\n';
    expect(without(list)).toBeUndefined();
    const rest = without(`${list}  # kept\n  - kind: Service\n    metadata: {name: a}\n`);
    expect(rest).toMatch(/^kind: List\nitems:\n[\s\S]*kind: Service/);
    expect(rest).not.toContain('Canary');
  });
});
