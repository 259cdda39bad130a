import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const BAD = '90';
const GOOD = '100';
const SAMPLES = '600';

/**
 * Plays Prometheus's query API: each workload's success rate is what it is told to be, and nobody
 * counts requests by track. What is measured beside it is the engine, and not how fast a Prometheus
 * with the series of a thousand workloads answers.
 */
export class MetricsServer {
  readonly address: string;
  /** Queries so far. */
  answered = 0;
  readonly #failing = new Set<string>();
  /** When a workload's first bad sample was given, by `namespace/workload`. */
  readonly failedAtMs = new Map<string, number>();

  constructor(port: number) {
    this.address = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<this> {
    const { hostname, port } = new URL(this.address);
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const query = new URLSearchParams(body).get('query') ?? '';
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ status: 'success', data: this.#answer(query) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(Number(port), hostname, resolve));
    return this;
  }

  /** From now on the workload's success rate is too low. */
  fail(workload: string): void {
    this.#failing.add(workload);
  }

  #answer(query: string): object {
    this.answered += 1;
    const value = this.#value(query);
    const result = value === undefined ? [] : [{ metric: {}, value: [Date.now() / 1_000, value] }];
    return { resultType: 'vector', result };
  }

  #value(query: string): string | undefined {
    const subject = /namespace="([^"]+)", destination_workload=~"([^"]+)"/.exec(query);
    if (subject === null) return undefined;
    if (!query.includes('response_code')) return SAMPLES;
    const workload = `${subject[1]}/${subject[2]}`;
    if (!this.#failing.has(workload)) return GOOD;
    if (!this.failedAtMs.has(workload)) this.failedAtMs.set(workload, Date.now());
    return BAD;
  }
}
