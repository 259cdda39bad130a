// The end-to-end suite: builds and fetches the real components, then runs the scenarios once per
// sync agent, each in a network and process namespace of its own: its ports are free, pods have
// addresses, nothing leaves the machine, and every process ends with it.
//   npm run e2e                    both agents
//   npm run e2e -- --agent flux    one of them; further arguments go to vitest
//   npm run e2e -- --latency       how long a commit takes to be live, for docs/benchmarks.md
//   npm run e2e -- --fleet         many canaries under one engine, for docs/benchmarks.md
//   npm run e2e -- --keep          a cluster to work with, until Ctrl-C
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { buildTools, CACHE } from './e2e-tools.mjs';
import { fetchPackages } from './e2e-packages.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
/** Programs that take one agent unless they are told. */
const ONE_AGENT = ['keep', 'fleet'];
const program = ['keep', 'latency', 'fleet'].find((name) => take(`--${name}`));
const agents = takeValue('--agent') ?? (ONE_AGENT.includes(program) ? 'flux' : 'flux,argocd');
const say = (line) => console.error(line);

requireNamespaces();
const { binaries: packaged, libraries } = fetchPackages(CACHE, say);
const binaries = { ...(await buildTools(say)), ...packaged };
let passed = 0;
let failed = 0;
if (program === undefined) await Promise.all(agents.split(',').map(runAgent));
else for (const agent of agents.split(',')) await runAgent(agent);
if (program === undefined) console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function runAgent(agent) {
  const state = mkdtempSync(join(tmpdir(), `serin-e2e-${agent}-`));
  const report = join(state, 'vitest.json');
  const env = {
    ...process.env,
    E2E_AGENT: agent,
    E2E_STATE: state,
    E2E_BINARIES: JSON.stringify(binaries),
    E2E_LIBRARIES: libraries,
  };
  const vitest = [
    join(ROOT, 'node_modules', '.bin', 'vitest'),
    'run',
    '--config=test/e2e/vitest.config.ts',
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ];
  const inner =
    program === undefined
      ? vitest
      : [process.execPath, 'scripts/e2e-program.mjs', program, ...args];
  mkdirSync(join(state, 'logs'));
  say(`${agent}: logs in ${join(state, 'logs')}`);
  const code = await isolated(inner, env);
  if (program !== undefined) {
    failed += code === 0 ? 0 : 1;
    return;
  }
  const counts = readCounts(report);
  passed += counts.passed;
  failed += code !== 0 && counts.failed === 0 ? 1 : counts.failed;
  if (code === 0) rmSync(state, { recursive: true, force: true });
  else say(`${agent}: failed; logs kept in ${join(state, 'logs')}`);
}

function isolated(command, env) {
  const setUp = [
    'set -e',
    'ip link set lo up',
    'ip addr add 10.88.0.1/16 dev lo',
    // sshd asks for an account; only this mount namespace sees it.
    '(cat /etc/passwd; echo "git:x:1000:1000::/:/bin/sh") > "$E2E_STATE/passwd"',
    'mount --bind "$E2E_STATE/passwd" /etc/passwd',
    // Pods find their service account there, and sshd wants a folder of its own.
    'mount -t tmpfs run /run && mkdir -p /run/sshd /var/run/secrets/kubernetes.io/serviceaccount',
    'exec "$@"',
  ].join('\n');
  const flags = ['--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child'];
  const child = spawn('unshare', [...flags, '--mount-proc', 'sh', '-c', setUp, 'sh', ...command], {
    cwd: ROOT,
    env,
    stdio: program !== undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) if (stream) prefixed(stream, env.E2E_AGENT);
  return new Promise((resolve) => child.on('close', resolve));
}

/** Both agents report at the same time: each line says which one speaks. */
function prefixed(stream, agent) {
  const lines = createInterface({ input: stream });
  lines.on('line', (line) => console.log(`${agent.padEnd(6)} | ${line}`));
}

function requireNamespaces() {
  const probe = spawnSync('unshare', ['--user', '--map-root-user', '--net', 'ip', 'link']);
  if (probe.status === 0) return;
  throw new Error(
    'the suite needs user namespaces and iproute2: allow unprivileged user namespaces or run it as root',
  );
}

function readCounts(report) {
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests,
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function take(flag) {
  const at = args.indexOf(flag);
  if (at < 0) return false;
  args.splice(at, 1);
  return true;
}

function takeValue(flag) {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}
