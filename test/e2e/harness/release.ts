import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitSource } from './git.ts';
import { watchNamespaces } from './rights.ts';
import { NODE_IP, ROOT } from './surroundings.ts';

/** What makes one release differ from another: the environment of its server. */
export type Behaviour = Readonly<Record<string, string>>;

const EXAMPLE = join(ROOT, 'examples/reviews');

export interface ShopOptions {
  /** Of its Service; proxies have one table of routes for each port. */
  readonly port?: number;
  readonly edit?: (canary: string) => string;
}

/** The shortest there is. */
const INTERVAL = '10s';
/** What is sent to the canary past the routes is counted as if they had led there, and holds up the end of a rollout. */
const LOAD = '5s';

/** The example of the README as somebody's own: another namespace, a quicker interval. */
export class Shop {
  readonly name = 'reviews';
  readonly namespace: string;
  readonly port: number;
  readonly #edit: (canary: string) => string;

  constructor(namespace: string, options: ShopOptions = {}) {
    this.namespace = namespace;
    this.port = options.port ?? 9080;
    this.#edit = options.edit ?? ((canary) => canary);
  }

  /** As commits on the delivery branch begin. */
  get subject(): string {
    return `${this.name}.${this.namespace}`;
  }

  get host(): string {
    return `${this.name}.${this.namespace}`;
  }

  get primary(): string {
    return `${this.name}-primary`;
  }

  /** The namespace, and the engine's rights in it. */
  prepare(): void {
    watchNamespaces(this.namespace);
  }

  /** Commits a release to the source, as its developers do. */
  release(version: string, behaviour: Behaviour = {}): string {
    const folder = `${this.namespace}/${this.name}`;
    return commitSource(
      {
        [`${folder}/canary.yaml`]: this.#canary(),
        [`${folder}/deployment.yaml`]: this.#deployment({ VERSION: version, ...behaviour }),
      },
      `${this.subject}: ${version}`,
    );
  }

  #canary(): string {
    const example = readFileSync(join(EXAMPLE, 'canary.yaml'), 'utf8');
    const hosts = example
      .replace('http://flagger-loadtester.default/', `http://${NODE_IP}:8090/`)
      .replace(
        'http://reviews-canary.default:9080/health',
        `-host reviews-canary.${this.namespace} http://127.0.0.1:${this.port}/health`,
      )
      .replace(' port: 9080', ` port: ${this.port}`);
    const quick = hosts
      .replaceAll(/interval: \w+/g, `interval: ${INTERVAL}`)
      .replace('hey -z 1m', `hey -z ${LOAD}`);
    return this.#edit(this.#moved(quick));
  }

  #deployment(env: Behaviour): string {
    const example = readFileSync(join(EXAMPLE, 'deployment-v1.yaml'), 'utf8');
    const [head = ''] = example.split('          env:');
    const variables = Object.entries(env).map(
      ([name, value]) => `            - name: ${name}\n              value: '${value}'\n`,
    );
    return `${this.#moved(head)}          env:\n${variables.join('')}`;
  }

  #moved(manifest: string): string {
    return manifest.replaceAll('namespace: default', `namespace: ${this.namespace}`);
  }
}
