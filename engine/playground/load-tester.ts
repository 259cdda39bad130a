import { type Load, sendLoad } from './load.ts';
import { LOAD_SECONDS_MAX, type LoadCommand, parseLoadCommand } from './load-command.ts';

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
 * A load ends a moment before its time is up: the next evaluation asks for it again, and one that
 * was still running then would leave a whole interval without load.
 */
const LEAD_SECONDS = 0.25;
const SECONDS_MIN = 1;

/** Until somebody stops it; the longest that fits a timer, rounded down. */
const FOREVER_SECONDS = 2_000_000;
const USERS_CONNECTIONS = 4;

/**
 * Flagger's load tester: answers at once and sends the load in the background; the same command of
 * the same canary is not started again while it runs. A faster clock makes a load shorter and
 * denser, so that as many requests are sent in a minute of the cluster's time.
 */
export class LoadTester {
  readonly #options: LoadTesterOptions;
  readonly #running = new Map<string, () => void>();
  #users = 0;

  constructor(options: LoadTesterOptions) {
    this.#options = options;
  }

  /** The body of a webhook call. */
  handle(body: string): LoadAnswer {
    const payload = parsePayload(body);
    if (payload === undefined) return { status: 400, text: 'the payload is not valid JSON' };
    const { name = '', namespace = '', metadata } = payload;
    if (metadata === undefined) return { status: 400, text: 'metadata not found in payload' };
    const type = metadata.type ?? 'cmd';
    if (type !== 'cmd') return { status: 400, text: `task type ${type} is not known here` };
    const command = metadata.cmd ?? '';
    const parsed = parseLoadCommand(command);
    if (typeof parsed === 'string') return { status: 400, text: parsed };
    const key = `${namespace}/${name} ${command}`;
    if (this.#running.has(key)) return { status: 202, text: 'this load is running already' };
    this.#start(key, this.#inRealTime(parsed));
    return { status: 202, text: 'load started' };
  }

  /** A steady stream of requests, until it is stopped: the users. The rate is on the clock. */
  startUsers(url: URL, ratePerSecond: number): () => void {
    this.#users += 1;
    return this.#start(`users ${this.#users}`, {
      url: this.#meshUrl(url),
      host: url.host,
      size: { kind: 'time', seconds: FOREVER_SECONDS },
      secondsMax: FOREVER_SECONDS,
      connections: USERS_CONNECTIONS,
      ratePerSecond: Math.min(RATE_MAX, ratePerSecond * this.#options.speed),
      method: 'GET',
      headers: {},
    });
  }

  stop(): void {
    for (const stop of this.#running.values()) stop();
    this.#running.clear();
  }

  #start(key: string, load: Load): () => void {
    const stop = sendLoad(load, this.#options.heyPath, () => this.#running.delete(key));
    this.#running.set(key, stop);
    return () => {
      this.#running.delete(key);
      stop();
    };
  }

  #inRealTime({ url, size, ratePerConnection = RATE_MAX, ...rest }: LoadCommand): Load {
    const { speed } = this.#options;
    const seconds = (onClock: number) => Math.max(SECONDS_MIN, onClock / speed - LEAD_SECONDS);
    return {
      ...rest,
      url: this.#meshUrl(url),
      size: size.kind === 'requests' ? size : { kind: 'time', seconds: seconds(size.seconds) },
      secondsMax: seconds(LOAD_SECONDS_MAX),
      ratePerSecond: Math.min(RATE_MAX, ratePerConnection * rest.connections * speed),
    };
  }

  #meshUrl({ pathname, search }: URL): string {
    return `${this.#options.meshAddress}${pathname}${search}`;
  }
}

interface Payload {
  readonly name?: string;
  readonly namespace?: string;
  readonly metadata?: { readonly type?: string; readonly cmd?: string };
}

function parsePayload(body: string): Payload | undefined {
  try {
    const payload: unknown = JSON.parse(body);
    return typeof payload === 'object' && payload !== null ? textsOf(payload) : undefined;
  } catch {
    return undefined;
  }
}

/** Only what is a text where a text belongs: the payload comes from outside. */
function textsOf(payload: object): Payload {
  const text = (from: object, key: string) => {
    const value: unknown = Reflect.get(from, key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  const metadata: unknown = Reflect.get(payload, 'metadata');
  return {
    ...text(payload, 'name'),
    ...text(payload, 'namespace'),
    ...(typeof metadata === 'object' && metadata !== null
      ? { metadata: { ...text(metadata, 'type'), ...text(metadata, 'cmd') } }
      : {}),
  };
}
