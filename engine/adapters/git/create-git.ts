import { spawn } from 'node:child_process';
import { simpleGit } from 'simple-git';

/** What the process was started with, as far as Git may see it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitOptions {
  /** The bare repository that commands run in. */
  readonly folder: string;
  readonly env: Environment;
  /** Every command ends by then. */
  readonly timeoutMs?: number;
}

/** The few things that the rest of this folder may do with Git. */
export interface Git {
  /** Runs a command; throws with Git's own words when it fails. */
  run(args: readonly string[]): Promise<string>;
  /** Runs a command with a standard input, and gives its exit code instead of throwing. */
  pipe(args: readonly string[], input: string | Uint8Array): Promise<GitExit>;
}

export interface GitExit {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const TIMEOUT_MS = 60_000;

/** Names the folder of credentials for the helper below and for ssh. */
export const CREDENTIALS_VARIABLE = 'SERIN_GIT_CREDENTIALS';

/** Passed on from the outside; everything else could change what Git does. */
const INHERITED = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'TMPDIR', CREDENTIALS_VARIABLE] as const;

/** Settings for each command: no hooks, no collection in between, no helpers that run programs. */
const CONFIG = [
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.version=2',
  'protocol.ext.allow=never',
  'advice.detachedHead=false',
];

/**
 * The only place that makes a Git handle: one environment, no prompts, English messages (they are
 * parsed), no configuration from the machine, a timeout on everything.
 */
export function createGit({ folder, env, timeoutMs = TIMEOUT_MS }: GitOptions): Git {
  const gitEnv = hardened(env);
  return {
    run(args) {
      const git = simpleGit({
        baseDir: folder,
        config: CONFIG,
        timeout: { block: timeoutMs },
        trimmed: false,
        allowEnvironment: Object.keys(gitEnv),
        unsafe: {
          allowUnsafeHooksPath: true,
          allowUnsafeConfigEnvCount: true,
          allowUnsafeCredentialHelper: true,
          allowUnsafeConfigPaths: true,
          allowUnsafeSshCommand: true,
          allowUnsafeProtocolOverride: true,
        },
      });
      return git.env(gitEnv).raw([...args]);
    },
    pipe: (args, input) => pipeInto(folder, gitEnv, timeoutMs, args, input),
  };
}

/**
 * Git asks with each connection, so that a rotated password is used as soon as it is there. Only
 * the folder's name is ever in an argument or an environment, never what its files hold.
 * @see https://git-scm.com/docs/gitcredentials#_custom_helpers
 */
const READ_PASSWORD = `!f() { test "$1" = get || exit 0; cd "$${CREDENTIALS_VARIABLE}" && echo "username=$(cat username)" && echo "password=$(cat password)"; }; f`;

/** The same folder may hold an SSH key and the hosts it is for, named as in a Flux secret. */
const SSH_WITH_KEY = `ssh -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$${CREDENTIALS_VARIABLE}/known_hosts" -i "$${CREDENTIALS_VARIABLE}/identity"`;

function credentialSettings(env: Environment): Record<string, string> {
  if (env[CREDENTIALS_VARIABLE] === undefined) return {};
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: READ_PASSWORD,
    GIT_SSH_COMMAND: SSH_WITH_KEY,
  };
}

function hardened(env: Environment): Record<string, string> {
  const inherited = INHERITED.flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...credentialSettings(env),
  };
}

/** simple-git cannot feed a standard input, which `fast-import` and `cat-file --batch` live on. */
function pipeInto(
  folder: string,
  env: Record<string, string>,
  timeoutMs: number,
  args: readonly string[],
  input: string | Uint8Array,
): Promise<GitExit> {
  return new Promise((resolve, reject) => {
    const config = CONFIG.flatMap((setting) => ['-c', setting]);
    const child = spawn('git', [...config, ...args], { cwd: folder, env, timeout: timeoutMs });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
        timedOut: child.killed,
      }),
    );
    // A child that has died says so by its exit code; the broken pipe adds nothing.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
