/** What `scripts/e2e.mjs` hands over: which agent, where the binaries are, where to write. */
import { join } from 'node:path';

export type Agent = 'flux' | 'argocd';

const env = process.env;

export const AGENT = required('E2E_AGENT') as Agent;
export const STATE = required('E2E_STATE');
export const LIBRARIES = required('E2E_LIBRARIES');
export const ROOT = join(import.meta.dirname, '../../..');
/** Every address below is this machine's, inside the suite's own network namespace. */
export const NODE_IP = '10.88.0.1';

const binaries = JSON.parse(required('E2E_BINARIES')) as Record<string, string>;

export function binary(name: string): string {
  const path = binaries[name];
  if (path === undefined) throw new Error(`no binary ${name}`);
  return path;
}

function required(name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set: run \`npm run e2e\``);
  return value;
}
