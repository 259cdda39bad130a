import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface GitExit {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface GitCommand {
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | Uint8Array;
  readonly timeoutMs: number;
  /** Everybody else goes first. */
  readonly isPatient?: boolean;
  /** What a helper may read from file descriptor 3, and nobody else can see. */
  readonly whispered?: string;
  /** Receives what Git writes to file descriptor 4, line by line. */
  readonly onTrace?: (line: string) => void;
}

/** A Git process that answers line by line for as long as it is spoken to. */
export interface GitTalk {
  say(text: string): void;
  onData(take: (chunk: Buffer) => void): void;
  /** It has ended, for whatever reason. */
  onEnd(take: (why: string) => void): void;
  end(): void;
}

/** Starts such a process. It ends with this one, whose end it does not hold up. */
export function talkToGit({
  args,
  folder,
  env,
}: Pick<GitCommand, 'args' | 'folder' | 'env'>): GitTalk {
  const child = spawn('git', [...args], { cwd: folder, env, detached: true });
  const { stdin, stdout, stderr } = child;
  const words = new Excerpt(STDERR_KEPT);
  child.unref();
  for (const stream of [stdin, stdout, stderr]) {
    stream.on('error', () => {});
    (stream as Partial<Socket>).unref?.();
  }
  stderr.on('data', (chunk: Buffer) => words.add(chunk));
  return {
    say: (text) => void stdin.write(text),
    onData: (take) => void stdout.on('data', take),
    onEnd(take) {
      child.on('error', (error) => take(error.message));
      child.on('close', () => take(words.text().trim() || 'it has ended'));
    },
    end: () => void stdin.end(),
  };
}

/** A server can say as much as it likes on standard error. Its beginning and its end are kept. */
const STDERR_KEPT = 64 * 1024;
/** Time to remove its lock files. */
const GRACE_MS = 2_000;

/**
 * One Git process in a process group of its own: a timeout ends its transports and helpers as well,
 * and an interrupt meant for the engine does not tear a push apart.
 */
export function runGit(command: GitCommand): Promise<GitExit> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...command.args], {
      cwd: command.folder,
      env: command.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    if (command.isPatient === true && child.pid !== undefined) lowerPriority(child.pid);
    const stdout: Buffer[] = [];
    const stderr = new Excerpt(STDERR_KEPT);
    const [stdin, out, err, whisper, trace] = child.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Writable,
      Readable,
    ];
    out.on('data', (chunk: Buffer) => stdout.push(chunk));
    err.on('data', (chunk: Buffer) => stderr.add(chunk));
    readLines(trace, command.onTrace ?? (() => {}));
    let timedOut = false;
    const end = (signal: NodeJS.Signals) => {
      if (child.pid !== undefined) signalGroup(child.pid, signal);
    };
    let grace: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      end('SIGTERM');
      grace = setTimeout(() => end('SIGKILL'), GRACE_MS);
    }, command.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      clearTimeout(grace);
    };
    child.on('error', (error) => {
      settle();
      const isMissing = 'code' in error && error.code === 'ENOENT' && existsSync(command.folder);
      reject(isMissing ? new Error('git is not installed, or not on the PATH') : error);
    });
    child.on('close', (code) => {
      settle();
      resolve({ code, stdout: Buffer.concat(stdout), stderr: stderr.text(), timedOut });
    });
    // A child that has died says so by its exit code; the broken pipe adds nothing.
    for (const pipe of [stdin, whisper]) pipe.on('error', () => {});
    whisper.end(command.whispered ?? '');
    stdin.end(command.input);
  });
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has just ended, or this machine does not let us.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

const LINE_MAX = 8 * 1024;

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(0, LINE_MAX);
    for (const line of lines) onLine(line);
  });
}

/** The first and the last part of a text of any length. */
class Excerpt {
  readonly #half: number;
  readonly #decoder = new StringDecoder('utf8');
  #head = '';
  #tail = '';

  constructor(kept: number) {
    this.#half = kept / 2;
  }

  add(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    const room = this.#half - this.#head.length;
    this.#head += text.slice(0, Math.max(0, room));
    this.#tail = (this.#tail + text.slice(Math.max(0, room))).slice(-this.#half);
  }

  text(): string {
    return this.#head + this.#tail;
  }
}
