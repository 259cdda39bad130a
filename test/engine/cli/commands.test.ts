import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Remote, temporaryFolder } from '../../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';
import { serin } from '../../support/serin.ts';

/** A folder with manifests in `dist/`, and a `serin.yaml` that delivers to a bare repository. */
function aWorkplace(texts: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const remote = new Remote(folder);
  const files = {
    'dist/canary.yaml': aCanaryFile(),
    'dist/deployment.yaml': aDeploymentFile(),
    'serin.yaml':
      'source: { folder: dist }\ndelivery: { repository: remote.git, branch: delivery/test }\n' +
      'cluster: { provider: playground, address: "http://127.0.0.1:1" }\n',
    ...texts,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, remote };
}

describe('serin validate', () => {
  it('exits 0 and shows the ladder of a Canary in order', async () => {
    const { folder } = aWorkplace();
    const { code, out } = await serin(folder, 'validate', 'dist');
    expect(code).toBe(0);
    expect(out).toContain('default/reviews  weights 10 20 30 40 50');
  });

  it('on a Canary with four mistakes prints four located messages and exits 2', async () => {
    const text = aCanaryFile()
      .replace('targetPort', 'targetPrt')
      .replace('threshold: 5', 'threshold: five')
      .replace('stepWeight: 10', 'stepWeight: 0')
      .replace('name: request-duration', 'name: latency');
    const { folder } = aWorkplace({ 'dist/canary.yaml': text });
    const { code, out, err } = await serin(folder, 'validate', 'dist');
    expect(code).toBe(2);
    expect(err.match(/^canary\.yaml:\d+:\d+: [a-z-]+: .+\n {4}.+$/gm)).toHaveLength(4);
    expect(out).toContain('0 valid, 4 problems');
  });

  it('gives the problems as data', async () => {
    const { folder } = aWorkplace({ 'dist/canary.yaml': aCanaryFile().replace('port: 9080', '') });
    const { code, out } = await serin(folder, 'validate', 'dist', '-o', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ problems: [{ code: 'missing-field' }] });
  });

  it('says that a path is not there', async () => {
    const { code, err } = await serin(temporaryFolder(), 'validate', 'nowhere');
    expect(code).toBe(2);
    expect(err).toContain('source-missing');
  });
});

describe('serin render', () => {
  it('prints what would stand on the delivery branch at a weight', async () => {
    const { folder } = aWorkplace();
    const { code, out } = await serin(folder, 'render', 'dist', '--weight', '30');
    expect(code).toBe(0);
    expect(out).toContain('# traffic/default/reviews/virtualservice-reviews.yaml');
    expect(out).toMatch(/weight: 70[\s\S]*weight: 30/);
  });

  it('writes the same as files', async () => {
    const { folder } = aWorkplace();
    await serin(folder, 'render', 'dist', '--out', 'rendered');
    const path = 'rendered/workloads/default/reviews/deployment-reviews-primary.yaml';
    expect(readFileSync(join(folder, path), 'utf8')).toContain('name: reviews-primary');
  });

  it('refuses a weight that is none', async () => {
    const { code, err } = await serin(aWorkplace().folder, 'render', 'dist', '--weight', '101');
    expect(code).toBe(2);
    expect(err).toContain('--weight is 101');
  });
});

describe('serin plan', () => {
  it('prints every future commit with its diff, and makes none', async () => {
    const { folder, remote } = aWorkplace();
    const { code, out } = await serin(folder, 'plan', 'default/reviews');
    expect(code).toBe(0);
    expect(out).toContain('1. reviews.default: initialize: create primary (new canary)');
    expect(out).toContain('+++ b/traffic/default/reviews/virtualservice-reviews.yaml');
    expect(out).toContain('default/reviews: 3 commits, then: revision');
    expect(remote.git('for-each-ref')).toBe('');
  });

  it('plans the whole rollout of a new revision', async () => {
    const { folder, remote } = aWorkplace();
    const foreseen = await initialize(folder, remote);
    writeFileSync(join(folder, 'dist/deployment.yaml'), aDeploymentFile({ version: 'v2' }));
    expect(foreseen).toBe(3);
    const { out } = await serin(folder, 'plan', '--no-diff');
    for (const what of [
      'start rollout 1',
      'canary weight 10',
      'canary weight 50',
      'promote',
      'finish',
    ]) {
      expect(out).toContain(what);
    }
    expect(out).toContain('default/reviews: 9 commits, then: revision');
  });

  it('names the canaries there are when it is asked for another', async () => {
    const { code, err } = await serin(aWorkplace().folder, 'plan', 'default/other');
    expect(code).toBe(2);
    expect(err).toContain('default/other');
  });
});

/** Takes the plan's own commits for a cluster that is initialized: files only, by hand. */
async function initialize(folder: string, remote: Remote): Promise<number> {
  const { foresee } = await import('../../../engine/controller/foresee.ts');
  const { loadSource } = await import('../../../engine/config/load-source.ts');
  const { T0_MS } = await import('../../support/builders.ts');
  const { SAID_NOTHING } = await import('../../../engine/core/control.ts');
  const names = ['canary.yaml', 'deployment.yaml'];
  const files = names.map((path) => ({
    path,
    text: readFileSync(join(folder, 'dist', path), 'utf8'),
  }));
  const [canary] = loadSource(files, { established: new Set() }).canaries;
  if (canary === undefined) throw new Error('the source is not in order');
  const nothing = { delivered: new Map(), carried: new Map(), held: new Map() };
  const unsaid = { record: undefined, rejected: [], control: SAID_NOTHING };
  const empty = { ...unsaid, ...nothing, tip: undefined };
  const { commits } = foresee({ canary, ...empty, sourceCommit: 'a', nowMs: T0_MS });
  const delivery = remote.delivery('delivery/test');
  await delivery.refresh();
  await delivery.publish(
    commits.map(({ message, changes, atMs }) => ({ message, changes, atMs })),
    undefined,
  );
  return commits.length;
}

describe('serin step', () => {
  it('makes one pass, and the next one goes on from Git', async () => {
    const { folder, remote } = aWorkplace();
    const first = await serin(folder, 'step', '--source', 'dist');
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('committed') });
    const second = await serin(folder, 'step', '--source', 'dist', '-o', 'json');
    expect(JSON.parse(second.out)).toMatchObject({
      canaries: [{ result: { kind: 'waiting', why: expect.stringContaining('did not answer') } }],
    });
    expect(remote.subjects('delivery/test')).toEqual([
      'reviews.default: initialize: create primary (new canary)',
    ]);
  });

  it('commits nothing for a canary with mistakes, goes on with the others, and exits 2', async () => {
    const { folder, remote } = aWorkplace({
      'dist/canary.yaml': aCanaryFile().replace('threshold: 5', 'threshold: x'),
      'dist/ratings-canary.yaml': aCanaryFile({ name: 'ratings' }),
      'dist/ratings.yaml': aDeploymentFile({ name: 'ratings' }),
    });
    const { code, err } = await serin(folder, 'step');
    expect(code).toBe(2);
    expect(err).toContain('canary.yaml:17:5: invalid-field');
    expect(remote.subjects('delivery/test')).toEqual([
      'ratings.default: initialize: create primary (new canary)',
    ]);
  });

  it.each([
    [
      'a path that leaves the repository',
      'source: { repository: r, path: ../x }',
      'r',
      'path-outside',
    ],
    [
      'a URL with a password',
      'source: { folder: dist }',
      'https://bot:hunter2@h/x',
      'git-ref-invalid',
    ],
    [
      'an unknown cluster',
      'source: { folder: dist }\ncluster: { provider: k, address: "http://x" }',
      'r',
      'unknown-provider',
    ],
  ])('refuses %s, names the remedy, and repeats no secret', async (_, source, repository, code) => {
    const config = `${source}\ndelivery: { repository: "${repository}", branch: d }\n`;
    const result = await serin(aWorkplace({ 'serin.yaml': config }).folder, 'step');
    expect(result.code).toBe(2);
    expect(result.err).toMatch(new RegExp(`^(serin.yaml:\\d+:\\d+: )?${code}: .+\\n {4}.+$`, 'm'));
    expect(result.err).not.toContain('hunter2');
  });

  it('says that the repository is unreachable and exits 1', async () => {
    const config =
      'source: { folder: dist }\ndelivery: { repository: nowhere.git, branch: d }\ncluster: { provider: playground, address: "http://127.0.0.1:1" }\n';
    const { code, err } = await serin(aWorkplace({ 'serin.yaml': config }).folder, 'step');
    expect(code).toBe(1);
    expect(err).toContain('delivery branch could not be read');
  });
});

describe('serin doctor', () => {
  it('finds everything in order, changes nothing, and exits 0', async () => {
    const config =
      'source: { folder: dist }\ndelivery: { repository: remote.git, branch: delivery/test }\n';
    const { folder, remote } = aWorkplace({ 'serin.yaml': config });
    const { code, out } = await serin(folder, 'doctor');
    expect(out).toMatch(/^ok +delivery +write +the credentials may push to delivery\/test$/m);
    expect(code).toBe(0);
    expect(remote.git('for-each-ref', 'refs/heads/delivery')).toBe('');
  });

  it('names each failure with its remedy, as data too, and exits 1', async () => {
    const config =
      'source: { folder: dist }\ndelivery: { repository: nowhere.git, branch: d }\ncluster: { provider: playground, address: "http://127.0.0.1:1" }\ncommits: { signing: { format: ssh, key: none } }\n';
    const { code, out } = await serin(
      aWorkplace({ 'serin.yaml': config }).folder,
      'doctor',
      '-o',
      'json',
    );
    expect(code).toBe(1);
    const { findings } = JSON.parse(out) as { findings: Record<string, string>[] };
    const failures = findings.filter(({ status }) => status === 'failure');
    expect(failures.map(({ part, check }) => `${part} ${check}`)).toEqual([
      'delivery reachable',
      'signing key',
      'metrics reachable',
    ]);
    for (const { message, remedy } of failures) expect(message && remedy).toMatch(/\w/);
  });
});

describe('serin status, log and show', () => {
  it('read the state of a canary from Git', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const status = await serin(folder, 'status');
    expect(status.code).toBe(0);
    expect(status.out).toMatch(
      /^NAMESPACE +NAME +STATUS +WEIGHT +LASTTRANSITIONTIME +STEP +WAITING FOR/,
    );
    expect(status.out).toMatch(
      /default +reviews +Initialized +0 .*nothing: revision \w+ is promoted/,
    );
    const log = await serin(folder, 'log', 'default/reviews', '-o', 'json');
    expect(JSON.parse(log.out)).toMatchObject([
      { decision: 'initialized', phase: 'Initialized', weight: '0' },
      { decision: 'open-routing' },
      { decision: 'create-primary' },
    ]);
    const shown = await serin(folder, 'show', 'default/reviews');
    expect(shown.out).toContain('rollouts/default/reviews/record.yaml');
    const [{ commit }] = JSON.parse(log.out) as [{ commit: string }];
    expect((await serin(folder, 'show', commit)).out).toContain('scale target to 0');
  });

  it('read the history since a moment, and refuse a moment that is none', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const ago = await serin(folder, 'log', '--since', '1h', '-o', 'json');
    expect(JSON.parse(ago.out)).toEqual([]);
    const all = await serin(folder, 'log', '--since', '2026-01-01T00:00:00Z', '-o', 'json');
    expect(JSON.parse(all.out)).toHaveLength(3);
    const wrong = await serin(folder, 'log', '--since', 'yesterday');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--since is yesterday') });
  });

  it('do not know what is not there', async () => {
    const { folder } = aWorkplace();
    expect(await serin(folder, 'show', 'default/reviews')).toMatchObject({ code: 2 });
    expect(await serin(folder, 'show', '--config', 'other.yaml', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('config-missing'),
    });
  });
});

describe('serin break-glass', () => {
  it('gives the stable traffic from the local clone alone, while the repository is gone', async () => {
    const { folder, remote } = aWorkplace();
    const foreseen = await initialize(folder, remote);
    writeFileSync(join(folder, 'dist/deployment.yaml'), aDeploymentFile({ version: 'v2' }));
    await serin(folder, 'plan');
    renameSync(join(folder, 'remote.git'), join(folder, 'gone.git'));
    const { code, out, err } = await serin(folder, 'break-glass', 'default/reviews');
    expect([foreseen, code]).toEqual([3, 0]);
    expect(out).toMatch(/kind: VirtualService[\s\S]*weight: 100[\s\S]*weight: 0/);
    expect(err).toContain('kubectl apply');
    expect(await serin(folder, 'break-glass', 'default/other')).toMatchObject({ code: 2 });
  });

  it('says that there is no clone where the engine never ran', async () => {
    const { code, err } = await serin(aWorkplace().folder, 'break-glass');
    expect(code).toBe(2);
    expect(err).toContain('clone-missing');
  });
});

describe('serin verify and why', () => {
  it('accept what the engine committed, and explain one decision of it', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const verified = await serin(folder, 'verify');
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('3 commits follow') });
    const id = remote.git('rev-parse', 'delivery/test').trim();
    const why = await serin(folder, 'why', id);
    expect(why.out).toMatch(/^reviews\.default: initialize: scale target to 0/);
    expect(why.out).toMatch(/^before +Initializing, weight 0, 0 failed checks$/m);
  });

  it('name the first commit that does not follow, and exit 1', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const path = 'traffic/default/reviews/virtualservice-reviews.yaml';
    const text = remote.file('delivery/test', path);
    const forged = remote.commit('delivery/test', {
      [path]: text.replace('weight: 0', 'weight: 7'),
    });
    const args = ['--repository', 'remote.git', '--branch', 'delivery/test'];
    const { code, out } = await serin(folder, 'verify', ...args);
    expect(code).toBe(1);
    expect(out).toContain(`${forged} does not follow: it changes ${path} and is no decision`);
  });

  it('say what they need', async () => {
    const { folder } = aWorkplace();
    expect(await serin(folder, 'verify', '--repository', 'remote.git')).toMatchObject({ code: 2 });
    expect(await serin(folder, 'why', 'abc')).toMatchObject({ code: 2 });
  });
});

describe('serin report', () => {
  it('measures what was delivered, from the history alone', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const { code, out } = await serin(folder, 'report', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ measures: [{ canary: 'all', promoted: 0 }] });
    const text = await serin(folder, 'report', '--since', '7d');
    expect(text.out).toMatch(/^CANARY +PROMOTED +FAILED.*\nall +0 +0 +0 +0\.00 +- +- +-\n$/);
  });
});

describe('serin init and completion', () => {
  it('writes a configuration that is in order, and never over one', async () => {
    const folder = temporaryFolder();
    expect((await serin(folder, 'init')).code).toBe(0);
    const { parseOperatorConfig } = await import('../../support/operator-config.ts');
    const text = readFileSync(join(folder, 'serin.yaml'), 'utf8');
    expect(parseOperatorConfig(text, 'serin.yaml')).toHaveProperty('config');
    expect((await serin(folder, 'init')).code).toBe(2);
  });

  it.each(['bash', 'zsh', 'fish'])('completes commands and options in %s', async (shell) => {
    const { code, out } = await serin(temporaryFolder(), 'completion', shell);
    expect(code).toBe(0);
    expect(out).toContain('validate');
    expect(out).toContain('real-time');
  });

  it('refuses a command that it does not know', async () => {
    expect(await serin(temporaryFolder(), 'frobnicate')).toMatchObject({ code: 2 });
  });
});

describe('the commands of people', () => {
  const GATED = aCanaryFile({ annotations: { 'serin/gates': 'rollout' } });

  it('commit to the control file, and the log names who it was', async () => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const paused = await serin(folder, 'pause', 'default/reviews', '-o', 'json');
    expect(JSON.parse(paused.out)).toMatchObject({ subject: 'reviews.default: pause' });
    const { out } = await serin(folder, 'log', '-o', 'json', '--limit', '1');
    expect(JSON.parse(out)).toMatchObject([{ canary: 'default/reviews', control: 'pause' }]);
  });

  it('approve the revision that the source wants', async () => {
    const { folder, remote } = aWorkplace({ 'dist/canary.yaml': GATED });
    await initialize(folder, remote);
    writeFileSync(join(folder, 'dist/deployment.yaml'), aDeploymentFile({ version: 'v2' }));
    const { code, out } = await serin(folder, 'approve', 'default/reviews', 'rollout');
    expect(code).toBe(0);
    expect(out).toMatch(/reviews\.default: approve rollout of revision [0-9a-f]{12}/);
  });

  it.each([
    [
      'a gate that does not exist',
      ['approve', 'default/reviews', 'everything'],
      'invalid-argument',
    ],
    [
      'a gate that the canary does not have',
      ['approve', 'default/reviews', 'promotion'],
      'action-refused',
    ],
    ['something that is no canary', ['pause', 'reviews'], 'invalid-argument'],
    ['an abort of nothing', ['abort', 'default/reviews'], 'action-refused'],
  ])('refuse %s', async (_, args, problem) => {
    const { folder, remote } = aWorkplace();
    await initialize(folder, remote);
    const { code, err } = await serin(folder, ...args);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });
});
