// Starts one of the project's commands on a fresh machine: installs what is missing, builds what
// is stale, then hands over to the Node version the project brings along. This file itself runs on
// any Node, so it uses nothing but the standard library.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const INSTALLED_LOCK = join(ROOT, 'node_modules', '.installed-lock.json');
const BUILT = join(ROOT, 'build', '.built');

const SERIN = join(ROOT, 'build', 'engine', 'cli', 'bin.js');
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
/** Where the person who typed the command stands; npm itself goes to the project's folder. */
const HERE = process.env.INIT_CWD ?? process.cwd();

const COMMANDS = {
  build: undefined,
  demo: { script: [SERIN, 'demo'], cwd: HERE },
  serin: { script: [SERIN], cwd: HERE },
  test: { script: [join(ROOT, 'scripts', 'test.mjs')], cwd: ROOT },
  e2e: { script: [join(ROOT, 'scripts', 'e2e.mjs')], cwd: ROOT },
  bench: { script: [join(ROOT, 'build', 'bench', 'main.js')], cwd: HERE },
  conformance: {
    script: [join(ROOT, 'build', 'test', 'conformance', 'main.js')],
    cwd: HERE,
    otherwise: [join(ROOT, 'test', 'conformance', 'traces')],
  },
  crash: inFull('crash'),
  race: inFull('race'),
};

/** A test that is larger than what every run of the tests has time for. */
function inFull(name) {
  const file = join('test', 'integration', `${name}.test.ts`);
  const script = [VITEST, 'run', '--reporter=verbose', file];
  return { script, cwd: ROOT, env: { SERIN_FULL: '1' } };
}

const [command = '', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, command)) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
  process.exit(2);
}
install();
build();
const task = COMMANDS[command];
if (task !== undefined) {
  const given = rest.length === 0 ? (task.otherwise ?? []) : rest;
  run(join(BIN, 'node'), [...task.script, ...given], task.cwd, task.env);
}

function install() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const installed = existsSync(INSTALLED_LOCK) ? readFileSync(INSTALLED_LOCK, 'utf8') : '';
  if (lock === installed) return;
  console.error('installing dependencies (once)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(INSTALLED_LOCK, lock);
}

function build() {
  const code = ['constructs', 'engine', 'imports', 'examples', 'bench', 'tsconfig.build.json'];
  const replay = ['conformance', 'integration', 'simulation', 'support'].map((folder) =>
    join('test', folder),
  );
  const sources = [...code, ...replay];
  const newest = Math.max(...sources.map((source) => newestChangeMs(join(ROOT, source))));
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newest) return;
  run(join(BIN, 'tsc'), ['-p', 'tsconfig.build.json']);
  writeFileSync(BUILT, '');
}

function newestChangeMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const children = readdirSync(path).map((name) => newestChangeMs(join(path, name)));
  return Math.max(stat.mtimeMs, ...children);
}

function run(program, args, cwd = ROOT, env = {}) {
  const PATH = `${BIN}${delimiter}${process.env.PATH}`;
  const { status, signal, error } = spawnSync(program, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env, PATH },
  });
  if (error) throw error;
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}
