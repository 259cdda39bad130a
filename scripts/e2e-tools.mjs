// Builds the real components of the end-to-end suite from their Go modules, each through a small
// wrapper module in test/e2e/tools, into a cache folder outside the tree. A tool is built once per
// version; what is there already costs nothing.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WRAPPERS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test', 'e2e', 'tools');
/** Shared by all work trees of this person; holds about 1.2 GB. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'serin', 'e2e');
const SAY_EVERY_MS = 20_000;

/** Builds what is missing; answers the path of every binary by its name. */
export async function buildTools(say) {
  const tools = Object.entries(JSON.parse(readFileSync(join(WRAPPERS, 'tools.json'), 'utf8')));
  const binaries = {};
  for (const [index, [name, tool]] of tools.entries()) {
    const folder = join(CACHE, `${name}-${tool.version}-${recipe(name, tool)}`);
    const label = `[${index + 1}/${tools.length}] ${name} ${tool.version}`;
    if (!existsSync(folder)) await build(name, tool, folder, label, say);
    for (const binary of Object.keys(tool.binaries)) binaries[binary] = join(folder, binary);
  }
  return binaries;
}

/** Another flag or another dependency is another binary. */
function recipe(name, tool) {
  const digest = createHash('sha256').update(JSON.stringify(tool));
  for (const file of ['go.mod', 'go.sum']) {
    const path = join(WRAPPERS, name, file);
    if (existsSync(path)) digest.update(readFileSync(path));
  }
  return digest.digest('hex').slice(0, 10);
}

async function build(name, tool, folder, label, say) {
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, '.building-'));
  try {
    const module = join(work, 'module');
    cpSync(join(WRAPPERS, name), module, { recursive: true });
    const out = join(work, 'out');
    mkdirSync(out);
    for (const [binary, main] of Object.entries(tool.binaries)) {
      await goBuild(tool, module, join(out, binary), main, `${label}: ${binary}`, say);
    }
    renameSync(out, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function goBuild(tool, cwd, output, main, label, say) {
  const stamps = Object.entries(tool.stamp ?? {}).map(([key, value]) => `-X ${key}=${value}`);
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', ['-s -w', ...stamps].join(' ')];
  if (tool.tags !== undefined) args.push(`-tags=${tool.tags}`);
  args.push('-o', output, main);
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1000);
  say(`${label}: building…`);
  const progress = setInterval(() => say(`${label}: ${seconds()} s…`), SAY_EVERY_MS);
  // The compiler's own collector costs a third of its time and this memory is at hand.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOGC: '400', GOWORK: 'off' };
  const lines = [];
  const code = await new Promise((resolve, reject) => {
    const go = spawn('go', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    go.stderr.on('data', (chunk) => lines.push(chunk));
    go.on('error', (error) =>
      reject(error.code === 'ENOENT' ? new Error('go is needed to build the e2e tools') : error),
    );
    go.on('close', resolve);
  }).finally(() => clearInterval(progress));
  if (code !== 0) throw new Error(`${label} did not build:\n${Buffer.concat(lines).toString()}`);
  say(`${label}: built in ${seconds()} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const binaries = await buildTools((line) => console.error(line));
  for (const [name, path] of Object.entries(binaries)) console.log(`${name} ${path}`);
}
