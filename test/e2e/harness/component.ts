import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STATE } from './surroundings.ts';

export interface ComponentOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Answers 2xx once the component works. */
  readonly readyUrl?: string;
}

/** One real process with a log and a pid file; any process of the suite may kill or restart it. */
export class Component {
  readonly options: ComponentOptions;
  #child: ChildProcess | undefined;

  constructor(options: ComponentOptions) {
    this.options = options;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.options.name} does not run`);
    return pid;
  }

  async start(): Promise<this> {
    const { name, command, args, env, cwd, readyUrl } = this.options;
    const log = createWriteStream(logFile(name), { flags: 'a' });
    const child = spawn(command, args, {
      cwd: cwd ?? STATE,
      env: { PATH: process.env['PATH'], HOME: STATE, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    writeFileSync(join(STATE, `${name}.pid`), String(child.pid));
    if (readyUrl !== undefined) await this.#ready(readyUrl);
    return this;
  }

  async #ready(url: string): Promise<void> {
    await until(`${this.options.name} is ready`, async () => {
      if (this.#child?.exitCode !== null) {
        throw new Error(`${this.options.name} ended:\n${logTail(this.options.name)}`);
      }
      const status = await statusOf(url);
      return status >= 200 && status < 300;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends the process at once, as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

export function logFile(name: string): string {
  return join(STATE, 'logs', `${name}.log`);
}

export function logTail(name: string): string {
  return readFileSync(logFile(name), 'utf8').slice(-3_000);
}

/** The HTTP status of a GET; 0 while nobody answers. */
export function statusOf(url: string): Promise<number> {
  const send = url.startsWith('https:') ? secureRequest : request;
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, timeout: 2_000, agent: false };
    const asked = send(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(0));
    asked.end();
  });
}

/**
 * Polls until a condition holds; a fresh look at the world, never a sleep that hopes.
 * @param what is waited for, or what is to be said of it in the end
 */
export async function until<T>(
  what: string | (() => string),
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
  everyMs = 100,
): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadlineMs) {
      const said = typeof what === 'string' ? what : what();
      throw new Error(`not within ${timeoutMs / 1000} s: ${said}`);
    }
    await sleep(everyMs);
  }
}
