import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type SyncAgent, startAgent } from './agents.ts';
import { Component } from './component.ts';
import {
  type ControlPlane,
  IN_A_POD,
  replaceControlPlane,
  startControlPlane,
} from './control-plane.ts';
import {
  createRepositories,
  DELIVERY_BRANCH,
  DELIVERY_URL,
  GIT_ADDRESS,
  GIT_PASSWORD,
  REPOSITORIES,
  SOURCE_URL,
} from './git.ts';
import { applyMeshObjects, type Mesh, PROMETHEUS, startMesh } from './mesh.ts';
import { installEngine } from './rights.ts';
import { createSshServer, SOURCE_SSH_URL, writeSshCredentials } from './ssh-server.ts';
import { AGENT, binary, NODE_IP, ROOT, STATE } from './surroundings.ts';

export const LOAD_TESTER = `http://${NODE_IP}:8090/`;

export interface World {
  readonly controlPlane: ControlPlane;
  readonly mesh: Mesh;
  readonly gitServer: Component;
  readonly agent: SyncAgent;
  readonly engine: Component;
}

/** Everything, started in the order it depends on. The engine has nothing to do yet. */
export async function startWorld(say: (line: string) => void): Promise<World> {
  const startMs = Date.now();
  const done = (what: string) =>
    say(`${AGENT}: ${what} (${((Date.now() - startMs) / 1000).toFixed(1)} s)`);
  createRepositories();
  const gitServer = await program('git-server', [REPOSITORIES, GIT_ADDRESS, GIT_PASSWORD]).start();
  await createSshServer().start();
  await program('load-tester', [LOAD_TESTER, binary('hey')]).start();
  const controlPlane = await startControlPlane();
  done('the control plane is up');
  await program('pod-runner', []).start();
  const mesh = await startMesh();
  done('the mesh is up');
  const agent = await startAgent();
  done('the sync agent is up');
  installEngine();
  const engine = createEngine('engine', agent);
  return { controlPlane, mesh, gitServer, agent, engine };
}

/** Deletes the cluster and creates it anew, empty but for what tells the agent where to look. */
export async function rebuildCluster({ controlPlane, mesh, agent }: World): Promise<void> {
  const watchers = [mesh.istiod, ...agent.components];
  await Promise.all(watchers.map((component) => component.kill()));
  await replaceControlPlane(controlPlane);
  applyMeshObjects();
  agent.applyObjects();
  installEngine();
  await Promise.all(watchers.map((component) => component.start()));
}

/** By SSH with one agent and by HTTP with the other: how the source is read has nothing to do with agents. */
const SOURCE = AGENT === 'flux' ? SOURCE_SSH_URL : SOURCE_URL;

/** `serin run` as in its pod: a configuration file, its service account, a folder of credentials. */
export function createEngine(name: string, agent: SyncAgent): Component {
  const credentials = engineCredentials(name);
  writeSshCredentials(credentials);
  return engineOf(name, agent, {
    source: { repository: SOURCE, branch: 'main' },
    delivery: { repository: DELIVERY_URL, branch: DELIVERY_BRANCH },
    git: { credentials },
    metrics: { provider: 'prometheus', address: PROMETHEUS },
    poll: '1s',
  });
}

/** Where an engine finds what lets it into the Git server. */
export function engineCredentials(name: string): string {
  const credentials = join(STATE, name, 'git-credentials');
  mkdirSync(credentials, { recursive: true });
  writeFileSync(join(credentials, 'username'), 'serin');
  writeFileSync(join(credentials, 'password'), GIT_PASSWORD);
  return credentials;
}

/** What Node is given besides the program. */
export interface NodeStart {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** As the container of a pod: it is itself again after a kill. `settings` are what one world's `serin.yaml` says and another's does not. */
export function engineOf(
  name: string,
  agent: SyncAgent,
  settings: object,
  node: NodeStart = { args: [], env: {} },
): Component {
  const folder = join(STATE, name);
  const config = {
    ...settings,
    cluster: {
      provider: 'kubernetes',
      sync: agent.sync,
      lease: { namespace: 'serin-system', name: 'serin' },
    },
  };
  writeFileSync(join(folder, 'serin.yaml'), stringify(config));
  return new Component({
    name,
    command: process.execPath,
    args: [...node.args, join(ROOT, 'build/engine/cli/bin.js'), 'run'],
    cwd: folder,
    env: { XDG_CACHE_HOME: join(folder, 'cache'), POD_UID: name, ...IN_A_POD, ...node.env },
  });
}

/** A program of the suite beside this file. */
export function program(name: string, args: readonly string[]): Component {
  const env = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith('E2E_') && entry[1] !== undefined,
  );
  return new Component({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, `${name}.ts`), ...args],
    env: Object.fromEntries(env),
    cwd: ROOT,
  });
}
