import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Beside this file, in the language this file is in: source when developed, JavaScript when built. */
const SERVER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './pod-server.ts' : './pod-server.js', import.meta.url),
);

export interface PodOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called when the server listens, and when the process has ended unasked. */
  readonly onChange: () => void;
}

/** A pod's process, from its start to its end. */
export class Pod {
  readonly name: string;
  /** Set while the server listens. */
  port: number | undefined;
  /** Takes no new requests; ends soon. */
  draining = false;
  hasExited = false;
  readonly #child: ChildProcess;

  constructor({ name, env, onChange }: PodOptions) {
    this.name = name;
    this.#child = spawn(process.execPath, ['--no-warnings', SERVER], {
      env: { ...env, POD_NAME: name },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const match = /listening (\d+)/.exec(chunk.toString('utf8'));
      if (match === null) return;
      this.port = Number(match[1]);
      onChange();
    });
    this.#child.on('exit', () => {
      this.port = undefined;
      this.hasExited = true;
      onChange();
    });
    this.#child.on('error', () => {
      this.hasExited = true;
      onChange();
    });
  }

  get isReady(): boolean {
    return this.port !== undefined && !this.draining;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  stop(): Promise<void> {
    if (this.hasExited) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.kill('SIGKILL');
    });
  }
}
