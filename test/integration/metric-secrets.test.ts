import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { GIT_ENV, Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { startHttpStub } from '../support/http-stub.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';
import { serin } from '../support/serin.ts';

/** A metric that needs a credential, from its Secret to the evidence, in a real process. */
const ROOT = join(import.meta.dirname, '../..');
const LOADER = join(ROOT, 'node_modules/tsx/dist/loader.mjs');
const TOKEN = 'a-token-that-nobody-may-see';
const BASE64 = Buffer.from(TOKEN).toString('base64');

function writeSource(folder: string, address: string, version: string): void {
  const canary = parse(aCanaryFile({ interval: '10s', progressDeadlineSeconds: 6_000 }));
  canary.spec.analysis.metrics = [{ name: 'errors', templateRef: { name: 'errors' } }];
  const template = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'errors' },
    spec: {
      provider: { type: 'prometheus', address, secretRef: { name: 'prometheus' } },
      query: 'errors{target="{{ target }}"}[{{ interval }}]',
    },
  };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'prometheus' },
    data: { token: BASE64 },
  };
  const texts = {
    'canary.yaml': stringify(canary),
    'deployment.yaml': aDeploymentFile({ version }),
    'template.yaml': stringify(template),
    'secret.yaml': stringify(secret),
  };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, 'dist', name), text);
  }
}

/** Pods are processes, and a busy machine takes its time with them. */
const TIMEOUT_MS = 240_000;
const LOOK_MS = 500;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < TIMEOUT_MS; waitedMs += LOOK_MS) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`it did not come to pass: ${what}`);
}

function startRun(folder: string): { readonly child: ChildProcess; output(): string } {
  const args = ['--import', LOADER, join(ROOT, 'engine/cli/bin.ts'), 'run'];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...GIT_ENV, XDG_CACHE_HOME: join(folder, 'cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (text += String(chunk)));
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, output: () => text };
}

it(
  'A credential goes into its request, and into no output, error, record or commit',
  async () => {
    const folder = temporaryFolder();
    const remote = new Remote(folder);
    mkdirSync(join(folder, 'dist'));
    // The worst of servers: it says no, and repeats what it was told.
    const stub = await startHttpStub(({ headers }) => ({
      status: 401,
      body: `wrong credentials: ${headers.authorization} ${BASE64}`,
    }));
    writeSource(folder, stub.url, 'v1');
    writeFileSync(
      join(folder, 'serin.yaml'),
      [
        'source: { folder: dist }',
        'delivery: { repository: remote.git, branch: delivery/test }',
        `clock: { speed: 20, anchor: "${new Date().toISOString()}" }`,
      ].join('\n'),
    );
    const run = startRun(folder);
    const subjects = () =>
      remote.git('branch', '--list', 'delivery/test') === ''
        ? ''
        : remote.subjects('delivery/test').join('\n');
    await until('initialized', () => subjects().includes('scale target to 0'));
    writeSource(folder, stub.url, 'v2');
    await until('a failed check', () => subjects().includes('check failed'));

    expect(stub.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const [shown, status] = [await serin(folder, 'log'), await serin(folder, 'status')];
    const history = remote.git('log', '--format=%B', '-p', 'delivery/test', '--', 'rollouts');
    expect(history).toContain('wrong credentials: Bearer *** ***');
    const everything = [run.output(), shown.out, shown.err, status.out, status.err, history];
    expect(everything.join('\n')).not.toContain(TOKEN);
    expect(everything.join('\n')).not.toContain(BASE64);
  },
  TIMEOUT_MS,
);
