import type { ServerResponse } from 'node:http';
import type { StubAnswer, StubRequest } from '../../../support/http-stub.ts';

export const FOLDER = '/apis/apps/v1/namespaces/shop/deployments';

interface Stored {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly spec: { readonly replicas: number; readonly paused?: boolean };
}

/** An API server with the Deployments of one namespace, that lists, watches and counts versions. */
export class CollectionServer {
  version = 100;
  readonly objects = new Map<string, Stored>();
  readonly watches: ServerResponse[] = [];
  /** Answers in the server's place, if it wants to. */
  instead: (request: StubRequest) => StubAnswer | undefined = () => undefined;

  answer(request: StubRequest): StubAnswer {
    const instead = this.instead(request);
    if (instead !== undefined) return instead;
    const url = new URL(request.path, 'http://stub');
    if (url.pathname !== FOLDER) return this.#single(url.pathname);
    if (url.searchParams.has('watch')) return { stream: (outgoing) => this.watches.push(outgoing) };
    return this.#page(url.searchParams);
  }

  /** As somebody else writes it; whoever watches is told. */
  put(name: string, replicas: number): void {
    const isKnown = this.objects.has(name);
    this.store(name, replicas);
    this.tell(isKnown ? 'MODIFIED' : 'ADDED', this.objects.get(name));
  }

  /** The same, and nobody is told yet. */
  store(name: string, replicas: number): void {
    this.version += 1;
    const metadata = { name, resourceVersion: `${this.version}`, managedFields: [{ huge: true }] };
    this.objects.set(name, { metadata, spec: { replicas, paused: false } });
  }

  remove(name: string): void {
    this.version += 1;
    const object = this.objects.get(name);
    this.objects.delete(name);
    const metadata = { name, resourceVersion: `${this.version}` };
    this.tell('DELETED', { ...object, metadata });
  }

  bookmark(): void {
    this.tell('BOOKMARK', { metadata: { resourceVersion: `${this.version}` } });
  }

  tell(type: string, object: unknown): void {
    this.watches.at(-1)?.write(`${JSON.stringify({ type, object })}\n`);
  }

  cut(): void {
    this.watches.at(-1)?.destroy();
  }

  #single(path: string): StubAnswer {
    const object = this.objects.get(path.slice(FOLDER.length + 1));
    return object === undefined ? { status: 404, body: '{}' } : { body: JSON.stringify(object) };
  }

  #page(parameters: URLSearchParams): StubAnswer {
    const limit = Number(parameters.get('limit'));
    const from = Number(parameters.get('continue') ?? 0);
    const all = [...this.objects.values()];
    const isLast = from + limit >= all.length;
    const metadata = {
      resourceVersion: `${this.version}`,
      ...(isLast ? {} : { continue: `${from + limit}` }),
    };
    return { body: JSON.stringify({ metadata, items: all.slice(from, from + limit) }) };
  }
}
