import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { ProblemError } from '../../core/errors.ts';

/** What the API server said. Trouble is an answer, never an exception. */
export type ApiAnswer =
  | { readonly kind: 'found'; readonly object: unknown }
  | { readonly kind: 'missing' }
  /** Somebody else changed the object in between, or created it first. */
  | { readonly kind: 'conflict' }
  /** No answer, or a refusal: weather, or rights that a person has to give. */
  | { readonly kind: 'unknown'; readonly why: string };

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

export interface KubernetesAccess {
  /** A kubeconfig; absent: `$KUBECONFIG`, `~/.kube/config`, or the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** An API server that is restarting must not hold a pass for long. */
const DEADLINE_MS = 5_000;
/** Objects the engine reads are a few kilobytes; etcd's own limit is 1.5 MiB. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Speaks to the API server with the credentials of a kubeconfig or of the pod. Credentials are
 * asked for anew with each request, so that a rotated token is used as soon as it is there.
 */
export function openKubernetesApi(access: KubernetesAccess): KubernetesApi {
  const config = loadKubeConfig(access);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw noCluster('the kubeconfig has no current cluster');
  const send = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    try {
      const url = new URL(cluster.server.replace(/\/$/, '') + path);
      const options: RequestOptions = { method };
      await config.applyToHTTPSOptions(options);
      const text = body === undefined ? undefined : JSON.stringify(body);
      return read(await exchange(url, options, text, type));
    } catch (error) {
      const why = error instanceof Error ? error.message || error.name : String(error);
      return unknown(`the API server at ${cluster.server} did not answer: ${why}`);
    }
  };
  return {
    server: cluster.server,
    get: (path) => send('GET', path),
    create: (path, object) => send('POST', path, object),
    replace: (path, object) => send('PUT', path, object),
    mergePatch: (path, patch, fieldManager) =>
      send(
        'PATCH',
        `${path}?fieldManager=${encodeURIComponent(fieldManager)}`,
        patch,
        'application/merge-patch+json',
      ),
  };
}

function loadKubeConfig({ kubeconfig, context }: KubernetesAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw noCluster(error instanceof Error ? error.message : String(error));
  }
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw noCluster(`there is no context ${context}; known: ${known.join(', ') || 'none'}`);
  }
  config.setCurrentContext(context);
  return config;
}

function noCluster(why: string): ProblemError {
  return new ProblemError([
    {
      code: 'kubeconfig-unusable',
      message: `the cluster's credentials cannot be read: ${why}`,
      remedy: 'name a readable kubeconfig and context under cluster in serin.yaml',
    },
  ]);
}

interface Exchanged {
  readonly status: number;
  readonly text: string;
}

function exchange(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  type: string,
): Promise<Exchanged> {
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const outgoing = send(url, { ...options, signal }, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES_MAX) incoming.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on('error', (error) =>
      reject(signal.aborted ? new Error(`no answer within ${DEADLINE_MS / 1000} s`) : error),
    );
    outgoing.setHeader('accept', 'application/json');
    if (body !== undefined) outgoing.setHeader('content-type', type);
    outgoing.end(body);
  });
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const Status = z.looseObject({ message: z.string().optional(), reason: z.string().optional() });

function read({ status, text }: Exchanged): ApiAnswer {
  const body = parseJson(text);
  if (status >= 200 && status < 300) {
    return body === undefined
      ? unknown(`HTTP ${status} without JSON`)
      : { kind: 'found', object: body };
  }
  if (status === 404) return { kind: 'missing' };
  if (status === 409) return { kind: 'conflict' };
  const said = Status.safeParse(body).data?.message ?? 'no reason given';
  return unknown(`the API server answered ${status}: ${said}`);
}

function unknown(why: string): ApiAnswer {
  return { kind: 'unknown', why };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
