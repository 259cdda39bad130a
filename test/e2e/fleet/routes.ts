import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';
import { ADMIN } from '../harness/control-plane.ts';

interface WatchEvent {
  readonly object: {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: { readonly http?: readonly { readonly route?: readonly Destination[] }[] };
  };
}

interface Destination {
  readonly weight?: number;
  readonly destination: { readonly host: string };
}

/** Follows all VirtualServices in the API server: since when each sends nothing to its canary. */
export class Routes {
  readonly #closedAtMs = new Map<string, number | undefined>();

  /** When a canary's route was last seen to close; nothing while it is open. */
  closedAtMs(key: string): number | undefined {
    return this.#closedAtMs.get(key);
  }

  /** Watches until this process ends; a watch that breaks off is begun anew. */
  start(): this {
    const config = new KubeConfig();
    config.loadFromFile(ADMIN);
    const cluster = config.getCurrentCluster();
    const url = `${cluster?.server}/apis/networking.istio.io/v1/virtualservices?watch=true`;
    const options = {
      ca: readFileSync(cluster?.caFile ?? ''),
      headers: { authorization: `Bearer ${config.getCurrentUser()?.token}` },
    };
    const again = () => setTimeout(() => this.start(), 100);
    const asked = get(url, options, (answer) => {
      const lines = createInterface({ input: answer });
      lines.on('line', (line) => this.#see(JSON.parse(line) as WatchEvent));
      answer.on('close', again);
    });
    asked.on('error', again);
    return this;
  }

  #see({ object: { metadata, spec } }: WatchEvent): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    const weights = (spec.http ?? [])
      .flatMap(({ route = [] }) => route)
      .filter(({ destination }) => destination.host.split('.')[0]?.endsWith('-canary') === true)
      .map(({ weight = 100 }) => weight);
    const isOpen = weights.some((weight) => weight > 0);
    if (isOpen) this.#closedAtMs.set(key, undefined);
    else if (this.#closedAtMs.get(key) === undefined) this.#closedAtMs.set(key, Date.now());
  }
}
