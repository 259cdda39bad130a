import { z } from 'zod';
import type { ApiAccess } from './api-access.ts';
import { exchange, type Exchanged, followLines } from './http-exchange.ts';

/** What the API server said. Trouble is an answer, never an exception. */
export type ApiAnswer =
  | { readonly kind: 'found'; readonly object: unknown }
  | { readonly kind: 'missing' }
  /** Somebody else changed the object in between, or created it first. */
  | { readonly kind: 'conflict' }
  /** No answer, or a refusal (with its HTTP status): weather, or rights that a person has to give. */
  | { readonly kind: 'unknown'; readonly why: string; readonly status?: number };

/** How a watch ended. */
export type WatchEnd =
  /** It was open; the server, the network or the caller closed it. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string };

export interface WatchListener {
  /** The server has accepted the watch. */
  readonly opened: () => void;
  /** One JSON object of the stream: a watch event. */
  readonly event: (event: unknown) => void;
}

/** Kubernetes' words for what is asked of it. */
export type ApiVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';

/** The few requests the engine makes. `path` is that of the REST API, `/api/v1/…` or `/apis/…`. */
export interface KubernetesApi {
  /** The address of the API server, for messages. */
  readonly server: string;
  get(path: string): Promise<ApiAnswer>;
  create(path: string, object: unknown): Promise<ApiAnswer>;
  /** Fails with `conflict` when the object's resourceVersion is not the current one. */
  replace(path: string, object: unknown): Promise<ApiAnswer>;
  /** @see https://datatracker.ietf.org/doc/html/rfc7386 */
  mergePatch(path: string, patch: unknown, fieldManager: string): Promise<ApiAnswer>;
}

export interface WatchableApi extends KubernetesApi {
  /** One page of a collection. */
  list(path: string): Promise<ApiAnswer>;
  /** Follows a collection until the server or the signal ends it. `path` says from which version on. */
  watch(path: string, listener: WatchListener, signal: AbortSignal): Promise<WatchEnd>;
}

/** Speaks to the API server. Credentials are asked for anew with each request. */
export function openKubernetesApi(
  access: ApiAccess,
  count: (verb: ApiVerb) => void = () => {},
): WatchableApi {
  const { server } = access;
  const silence = (error: unknown) => {
    const why = error instanceof Error ? error.message || error.name : String(error);
    return `the API server at ${server} did not answer: ${why}`;
  };
  const prepare = async (verb: ApiVerb, path: string) => {
    count(verb);
    const options = { ...(await access.authorize()), method: METHODS[verb] };
    return { url: new URL(server.replace(/\/$/, '') + path), options };
  };
  const send = async (verb: ApiVerb, path: string, body?: unknown, type = 'application/json') => {
    try {
      const { url, options } = await prepare(verb, path);
      const text = body === undefined ? undefined : JSON.stringify(body);
      return read(await exchange(url, options, text, type));
    } catch (error) {
      access.forgetIdle();
      return unknown(silence(error));
    }
  };
  return {
    server,
    get: (path) => send('get', path),
    list: (path) => send('list', path),
    async watch(path, { opened, event }, signal) {
      try {
        const { url, options } = await prepare('watch', path);
        const line = (text: string) => event(parseJson(text));
        const refused = await followLines(url, options, { opened, line }, signal);
        if (refused === undefined) return { kind: 'closed' };
        return { kind: 'refused', status: refused.status, why: refusalOf(refused) };
      } catch (error) {
        return { kind: 'unreachable', why: silence(error) };
      }
    },
    create: (path, object) => send('create', path, object),
    replace: (path, object) => send('update', path, object),
    mergePatch: (path, patch, fieldManager) =>
      send(
        'patch',
        `${path}?fieldManager=${encodeURIComponent(fieldManager)}`,
        patch,
        'application/merge-patch+json',
      ),
  };
}

const METHODS: Readonly<Record<ApiVerb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
};

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const Status = z.looseObject({ message: z.string().optional(), reason: z.string().optional() });

function read(answer: Exchanged): ApiAnswer {
  const { status, text } = answer;
  const body = parseJson(text);
  if (status >= 200 && status < 300) {
    return body === undefined
      ? unknown(`HTTP ${status} without JSON`)
      : { kind: 'found', object: body };
  }
  if (status === 404) return { kind: 'missing' };
  if (status === 409) return { kind: 'conflict' };
  return { ...unknown(refusalOf(answer)), status };
}

function refusalOf({ status, text }: Exchanged): string {
  const said = Status.safeParse(parseJson(text)).data?.message ?? 'no reason given';
  return `the API server answered ${status}: ${said}`;
}

function unknown(why: string) {
  return { kind: 'unknown', why } as const;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
