import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../ports/clock.ts';

/** Beside this file and in its language: source when developed, JavaScript when built. */
const SERVER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './pod-server.ts' : './pod-server.js', import.meta.url),
);

export interface PodOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Called when the server listens, and when a process has ended. */
  readonly onChange: () => void;
}

/** Requests that are still being answered get this long, in real time, before the process ends. */
const GRACE_MS = 30_000;

/**
 * On the cluster's clock, as the kubelet does: the first restart at once, the next ones after a
 * pause that doubles, until the process has run long enough to be trusted again.
 */
const BACK_OFF_MS = 10_000;
const BACK_OFF_MS_MAX = 300_000;
const TRUSTED_AFTER_MS = 600_000;

/** A pod: one server process at a time, started again when it crashes, until the pod's end. */
export class Pod {
  readonly name: string;
  readonly #options: PodOptions;
  readonly #ended = new AbortController();
  #child: ChildProcess | undefined;
  #port: number | undefined;
  #startedMs = 0;
  #crashes = 0;
  #inFlight = 0;
  #whenIdle: (() => void) | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: PodOptions) {
    this.name = options.name;
    this.#options = options;
    this.#start();
  }

  /** The port of a pod that takes new requests. */
  get port(): number | undefined {
    return this.isTerminating ? undefined : this.#port;
  }

  get isReady(): boolean {
    return this.port !== undefined;
  }

  get isTerminating(): boolean {
    return this.#ending !== undefined || this.#ended.signal.aborted;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Holds the pod's end back while a request is answered. Returns what releases it. */
  acquire(): () => void {
    this.#inFlight += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#whenIdle?.();
    };
  }

  /** Takes no new request, lets those it has be answered, then ends the process. */
  terminate(): Promise<void> {
    this.#ending ??= this.#idle().then(() => this.#end('SIGTERM'));
    return this.#ending;
  }

  /** Ends the process now. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  #start(): void {
    const { name, env, clock, onChange } = this.#options;
    this.#startedMs = clock.nowMs();
    const child = spawn(process.execPath, ['--no-warnings', SERVER], {
      env: { ...env, POD_NAME: name },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => {
      const match = /listening (\d+)/.exec(chunk.toString('utf8'));
      if (match === null) return;
      this.#port = Number(match[1]);
      onChange();
    });
    const gone = () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#port = undefined;
      if (!this.isTerminating) void this.#restart();
      onChange();
    };
    child.on('exit', gone);
    child.on('error', gone);
  }

  async #restart(): Promise<void> {
    const { clock } = this.#options;
    if (clock.nowMs() - this.#startedMs > TRUSTED_AFTER_MS) this.#crashes = 0;
    const waitMs = this.#crashes === 0 ? 0 : BACK_OFF_MS * 2 ** (this.#crashes - 1);
    this.#crashes += 1;
    await clock.sleep(Math.min(BACK_OFF_MS_MAX, waitMs), this.#ended.signal);
    if (!this.isTerminating) this.#start();
  }

  async #idle(): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GRACE_MS);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#whenIdle = done;
      this.#ended.signal.addEventListener('abort', done, { once: true });
    });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#ended.abort();
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
      child.kill(signal);
    });
  }
}
