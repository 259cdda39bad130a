import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  /** The pod that answered; empty when a proxy did. */
  readonly pod: string;
}

export interface Tally {
  readonly sent: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Answers by track: the pod's name says which. */
  readonly primary: number;
  readonly canary: number;
  /** Answers that were not 200, by the track that gave them. */
  readonly failedBy: Readonly<Record<'primary' | 'canary' | 'proxy', number>>;
}

/** Users of one service: a constant rate of real requests through the client's own proxy. */
export class Users {
  readonly #host: string;
  readonly #port: number;
  readonly #intervalMs: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  readonly #answers: Answer[] = [];
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(host: string, port: number, perSecond: number) {
    this.#host = host;
    this.#port = port;
    this.#intervalMs = 1_000 / perSecond;
  }

  start(): this {
    this.#running = this.#run();
    return this;
  }

  /** How many have been answered; a point in time for `since`. */
  get mark(): number {
    return this.#answers.length;
  }

  since(mark: number): Tally {
    return tally(this.#answers.slice(mark));
  }

  async stop(): Promise<Tally> {
    this.#stopped.abort();
    await this.#running;
    this.#agent.destroy();
    return this.since(0);
  }

  async #run(): Promise<void> {
    const startMs = performance.now();
    const pending = new Set<Promise<void>>();
    for (let sent = 0; !this.#stopped.signal.aborted;) {
      const due = Math.floor((performance.now() - startMs) / this.#intervalMs);
      for (; sent < due; sent += 1) {
        const one = get(this.#host, this.#port, this.#agent).then((answer) => {
          this.#answers.push(answer);
          pending.delete(one);
        });
        pending.add(one);
      }
      await sleep(5);
    }
    await Promise.all(pending);
  }
}

/** One request through the client's proxy, addressed by the Host header. */
export function get(host: string, port: number, agent?: Agent, path = '/x'): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, headers: { host }, timeout: 10_000 };
    const asked = request({ ...options, ...(agent === undefined ? {} : { agent }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', () => resolve({ status: 0, pod: '' }));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, pod: podOf(Buffer.concat(chunks).toString()) }),
      );
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve({ status: 0, pod: '' }));
    asked.end();
  });
}

function podOf(body: string): string {
  try {
    return (JSON.parse(body) as { readonly pod?: string }).pod ?? '';
  } catch {
    return '';
  }
}

type Track = 'primary' | 'canary' | 'proxy';

function trackOf({ pod }: Answer): Track {
  if (pod === '') return 'proxy';
  return pod.includes('-primary-') ? 'primary' : 'canary';
}

function tally(answers: readonly Answer[]): Tally {
  const byStatus: Record<string, number> = {};
  const by = { primary: 0, canary: 0, proxy: 0 };
  const failedBy = { primary: 0, canary: 0, proxy: 0 };
  for (const answer of answers) {
    byStatus[answer.status] = (byStatus[answer.status] ?? 0) + 1;
    by[trackOf(answer)] += 1;
    if (answer.status !== 200) failedBy[trackOf(answer)] += 1;
  }
  return { sent: answers.length, byStatus, primary: by.primary, canary: by.canary, failedBy };
}
