import { dirname, join } from 'node:path';
import { simpleGit } from 'simple-git';
import type { Access, Login } from './access/access.ts';
import { maskSecrets } from './access/mask-secrets.ts';
import { type GitExit, type GitTalk, runGit, talkToGit } from './git-process.ts';
import { type HttpAnswer, HttpAnswerReader } from './http-answer.ts';

export type { GitExit };

/** What the process was started with, as far as Git may see it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitOptions {
  /** The bare repository that commands run in. */
  readonly folder: string;
  readonly env: Environment;
  /** The one repository that `remote` may speak to. */
  readonly remote?: Remote;
}

interface Remote {
  readonly url: string;
  /** Absent: whatever the environment offers, such as an SSH agent. */
  readonly access?: Access;
}

/** The few things that the rest of this folder may do with Git. */
export interface Git {
  /** Runs a command; throws with Git's own words when it fails. It cannot reach the network. */
  run(args: readonly string[]): Promise<string>;
  /** The same with a standard input; gives the exit code instead of throwing. */
  pipe(
    args: readonly string[],
    input: string | Uint8Array,
    options?: LocalOptions,
  ): Promise<GitExit>;
  /**
   * Starts a command that stays and reads objects. It knows of no remote: what is not here is
   * missing, and no attempt is made to fetch it.
   */
  talk(args: readonly string[]): GitTalk;
  /** Runs a command that may speak to the remote, and to nobody else. */
  remote(args: readonly string[], options?: RemoteOptions): Promise<RemoteExit>;
}

export interface LocalOptions {
  readonly timeoutMs?: number;
  /** Everybody else goes first. */
  readonly isPatient?: boolean;
}

export interface RemoteOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Receives what client and server say to each other, packet by packet; no secrets are in it. */
  readonly onPacket?: (line: string) => void;
}

export interface RemoteExit extends GitExit {
  /** The last answer of an HTTP server. */
  readonly http: HttpAnswer | undefined;
}

const TIMEOUT_MS = 60_000;

/** A repository inside the clone that has its objects and none of its configuration. */
export const OBJECTS_ONLY = 'objects-only';

/** Passed on from the outside; everything else could change what Git does. */
const INHERITED = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'TMPDIR'] as const;

/** How the remote is reached; curl reads the lower-case forms too, and of `http_proxy` no other. */
const INHERITED_BY_REMOTE = [
  'HTTPS_PROXY',
  'https_proxy',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/**
 * Settings for each command: no hooks, no attributes, no collection in between, no helpers that run
 * programs, no submodules, no bundles or packs from elsewhere, and no answer that takes for ever.
 */
const CONFIG = [
  'core.hooksPath=/dev/null',
  'core.attributesFile=/dev/null',
  'core.fsmonitor=false',
  'core.alternateRefsCommand=',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.version=2',
  'protocol.ext.allow=never',
  'fetch.recurseSubmodules=false',
  'push.recurseSubmodules=no',
  'push.gpgSign=false',
  'transfer.bundleURI=false',
  'fetch.uriProtocols=',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=60',
  'advice.detachedHead=false',
];

/**
 * The only place that makes a Git handle: one environment, no prompts, English messages (they are
 * parsed), no configuration from the machine, a timeout on everything.
 */
export function createGit({ folder, env, remote }: GitOptions): Git {
  const localEnv = localEnvironment(folder, env);
  const config = CONFIG.flatMap((setting) => ['-c', setting]);
  return {
    run(args) {
      const git = simpleGit({
        baseDir: folder,
        config: CONFIG,
        timeout: { block: TIMEOUT_MS },
        // One that was killed may have said nothing, or half of what it had to say.
        errors: (error, { exitCode, stdErr }) =>
          error ?? (exitCode === 0 ? undefined : new Error(brokenOff(args, exitCode, stdErr))),
        trimmed: false,
        allowEnvironment: Object.keys(localEnv),
        unsafe: {
          allowUnsafeHooksPath: true,
          allowUnsafeConfigPaths: true,
          allowUnsafeProtocolOverride: true,
          allowUnsafeFsMonitor: true,
        },
      });
      return git.env(localEnv).raw([...args]);
    },
    pipe: (args, input, { timeoutMs = TIMEOUT_MS, isPatient = false } = {}) =>
      runGit({ args: [...config, ...args], folder, env: localEnv, input, timeoutMs, isPatient }),
    talk: (args) =>
      talkToGit({
        args: [...config, ...args],
        folder,
        env: {
          ...localEnv,
          GIT_DIR: join(folder, OBJECTS_ONLY),
          GIT_OBJECT_DIRECTORY: join(folder, 'objects'),
        },
      }),
    async remote(args, { input = '', timeoutMs = TIMEOUT_MS, onPacket } = {}) {
      if (remote === undefined) throw new Error('this handle has no remote');
      const opened = await remote.access?.open();
      const answers = new HttpAnswerReader();
      const exit = await runGit({
        args: [...config, ...args],
        folder,
        env: {
          ...localEnv,
          ...inherited(env, INHERITED_BY_REMOTE),
          ...TRACE_HEADERS,
          ...(onPacket === undefined ? {} : TRACE_PACKETS),
          ...remoteEnvironment(remote.url, opened),
        },
        input,
        timeoutMs,
        whispered: whisperedLogin(opened?.login),
        onTrace(line) {
          answers.read(line);
          if (line.includes(' packet: ')) onPacket?.(line);
        },
      });
      const http = answers.answer();
      if (http?.status === 401) remote.access?.refuse();
      return { ...exit, stderr: maskSecrets(exit.stderr, opened?.secrets ?? []), http };
    },
  };
}

function brokenOff(
  [command]: readonly string[],
  exitCode: number | null,
  stdErr: readonly Buffer[],
): string {
  const how = exitCode === null ? 'was killed' : `ended with ${exitCode}`;
  return `git ${command} ${how} ${Buffer.concat(stdErr).toString('utf8')}`.trim();
}

function inherited(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])),
  );
}

function localEnvironment(folder: string, env: Environment): Record<string, string> {
  return {
    ...inherited(env, INHERITED),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    // A clone that was lost must not be mistaken for the repository around it.
    GIT_CEILING_DIRECTORIES: dirname(folder),
    // No protocol at all.
    GIT_ALLOW_PROTOCOL: '',
    ...KEEPING_MEMORY,
  };
}

/**
 * Git takes and gives back memory for each object it packs; by default the C library returns it to
 * the system every time, which was two thirds of the time that a large import took.
 * @see https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
 */
const KEEPING_MEMORY = {
  MALLOC_TOP_PAD_: String(16 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(256 * 1024 * 1024),
} as const;

/** Headers alone, on a descriptor that only this process reads; Git leaves credentials out of it. */
const TRACE_HEADERS = {
  GIT_TRACE_CURL: '4',
  GIT_TRACE_CURL_NO_DATA: '1',
  GIT_TRACE_REDACT: '1',
} as const;

const TRACE_PACKETS = { GIT_TRACE_PACKET: '4' } as const;

function remoteEnvironment(
  url: string,
  opened: Awaited<ReturnType<Access['open']>> | undefined,
): Record<string, string> {
  const protocol = URL.parse(url)?.protocol.replace(':', '') ?? 'ssh';
  return {
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_SSH_COMMAND: opened?.ssh === undefined ? SSH : SSH_WITH_KEY,
    GIT_SSH_VARIANT: 'ssh',
    ...configEnvironment([
      ...(opened?.login === undefined
        ? []
        : [[`credential.${new URL(url).origin}.helper`, READ_LOGIN] as const]),
      ...(opened?.caFile === undefined ? [] : [['http.sslCAInfo', opened.caFile] as const]),
    ]),
    ...(opened?.ssh === undefined
      ? {}
      : { SERIN_SSH_IDENTITY: opened.ssh.identity, SERIN_SSH_HOSTS: opened.ssh.knownHosts }),
  };
}

/** Nobody is there to answer, and a server that went away must not hold a pass. */
const SSH =
  'ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3';

/** This key and no other, to a host that is known; what a home folder configures has no say. */
const SSH_WITH_KEY = `${SSH} -F /dev/null -o IdentitiesOnly=yes -o IdentityAgent=none -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o "UserKnownHostsFile=\\"$SERIN_SSH_HOSTS\\"" -i "$SERIN_SSH_IDENTITY"`;

/** @see https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT */
function configEnvironment(
  settings: readonly (readonly [string, string])[],
): Record<string, string> {
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

/**
 * Git asks with each connection. The login comes through a pipe that this process has written to: it
 * is in no argument, no environment, no file and no URL. The helper is for one host and one port, so
 * a redirect to another gets nothing.
 * @see https://git-scm.com/docs/gitcredentials#_custom_helpers
 */
const READ_LOGIN =
  '!f() { test "$1" = get || exit 0; IFS= read -r username <&3 && IFS= read -r password <&3 && printf "username=%s\\npassword=%s\\n" "$username" "$password"; }; f';

/** As many connections as one command can make: a transport, and one more for what it lacks. */
const LOGINS_WHISPERED = 8;

function whisperedLogin(login: Login | undefined): string {
  if (login === undefined) return '';
  return `${login.username}\n${login.password}\n`.repeat(LOGINS_WHISPERED);
}
