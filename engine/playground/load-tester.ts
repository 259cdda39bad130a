import { type ChildProcess, spawn } from 'node:child_process';
import autocannon from 'autocannon';
import { type LoadCommand, parseLoadCommand } from './load-command.ts';

export interface LoadTesterOptions {
  /** Where the mesh listens; every load goes there. */
  readonly meshAddress: string;
  /** How much faster than real time the cluster's clock runs. */
  readonly speed: number;
  /** The `hey` program, where it is installed. */
  readonly heyPath: string | undefined;
}

export interface LoadAnswer {
  readonly status: number;
  readonly text: string;
}

/** However fast the clock, the machine sends no more than this many requests a second per load. */
const RATE_MAX = 400;

/**
 * Flagger's load tester: answers at once and sends the load in the background; the same command of
 * the same canary is not started again while it runs. A faster clock makes a load shorter and
 * denser, so that as many requests are sent in a minute of the cluster's time.
 */
export class LoadTester {
  readonly #options: LoadTesterOptions;
  readonly #running = new Map<string, () => void>();

  constructor(options: LoadTesterOptions) {
    this.#options = options;
  }

  /** The body of a webhook call. */
  handle(body: string): LoadAnswer {
    const payload = parsePayload(body);
    if (payload === undefined) return { status: 400, text: 'the payload is not valid JSON' };
    const { name = '', namespace = '', metadata } = payload;
    if (metadata === undefined) return { status: 400, text: 'metadata not found in payload' };
    const type = metadata['type'] ?? 'cmd';
    if (type !== 'cmd') return { status: 400, text: `task type ${type} is not known here` };
    const command = metadata['cmd'] ?? '';
    const load = parseLoadCommand(command);
    if (typeof load === 'string') return { status: 400, text: load };
    const key = `${namespace}/${name} ${command}`;
    if (!this.#running.has(key)) this.#start(key, load);
    return { status: 202, text: 'load started' };
  }

  /** A steady stream of requests, until it is stopped: the users. */
  startUsers(url: URL, ratePerSecond: number): () => void {
    const rate = Math.min(RATE_MAX, ratePerSecond * this.#options.speed);
    const load = { url, durationSeconds: 3600, connections: 4, method: 'GET', headers: {} };
    return this.#cannon(load, 3600, rate, () => {});
  }

  stop(): void {
    for (const stop of this.#running.values()) stop();
    this.#running.clear();
  }

  #start(key: string, load: LoadCommand): void {
    const { speed, heyPath } = this.#options;
    const seconds = Math.max(1, Math.round(load.durationSeconds / speed));
    const perConnection = load.ratePerConnection ?? RATE_MAX;
    const rate = Math.min(RATE_MAX, perConnection * load.connections * speed);
    const done = () => this.#running.delete(key);
    const stop =
      heyPath === undefined
        ? this.#cannon(load, seconds, rate, done)
        : this.#hey(heyPath, load, seconds, rate, done);
    this.#running.set(key, stop);
  }

  #cannon(load: LoadCommand, seconds: number, rate: number, done: () => void): () => void {
    const instance = autocannon(
      {
        url: `${this.#options.meshAddress}${load.url.pathname}`,
        connections: load.connections,
        duration: seconds,
        overallRate: Math.max(1, Math.round(rate)),
        method: load.method as autocannon.Request['method'] & string,
        headers: { ...load.headers, host: load.url.host },
      },
      done,
    );
    return () => instance.stop();
  }

  #hey(
    program: string,
    load: LoadCommand,
    seconds: number,
    rate: number,
    done: () => void,
  ): () => void {
    const { connections, method, headers, url } = load;
    const perConnection = String(Math.max(1, Math.round(rate / connections)));
    const extra = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const flags = [
      '-z',
      `${seconds}s`,
      '-q',
      perConnection,
      '-c',
      String(connections),
      '-m',
      method,
    ];
    const target = `${this.#options.meshAddress}${url.pathname}`;
    const child: ChildProcess = spawn(program, [...flags, '-host', url.host, ...extra, target], {
      stdio: 'ignore',
    });
    child.on('exit', done);
    child.on('error', done);
    return () => child.kill('SIGKILL');
  }
}

interface Payload {
  readonly name?: string;
  readonly namespace?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

function parsePayload(body: string): Payload | undefined {
  try {
    const payload: unknown = JSON.parse(body);
    return typeof payload === 'object' && payload !== null ? payload : undefined;
  } catch {
    return undefined;
  }
}
