import type { BareClone } from '../../engine/adapters/git/bare-clone.ts';
import type { EnginePorts } from '../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../engine/controller/memory.ts';
import { runPass } from '../../engine/controller/pass.ts';
import type { PassResult } from '../../engine/controller/result.ts';
import { Remote } from '../support/git-sandbox.ts';
import { BRANCH, instantPorts, isEnd, recordAt } from './instant-world.ts';

/** The whole story takes 21 commits. */
const PASSES_MAX = 60;

/** The seed's canary with real Git, in the middle of whose rollout something goes wrong. */
export class Drill {
  readonly remote: Remote;
  memory = new EngineMemory();
  clone: BareClone;
  readonly #differing: Partial<EnginePorts>;

  /** `differing` holds for every pass. */
  constructor(differing: Partial<EnginePorts> = {}, remote = new Remote()) {
    this.remote = remote;
    this.clone = remote.clone();
    this.#differing = differing;
  }

  async ports(differing: Partial<EnginePorts> = {}): Promise<EnginePorts> {
    return { ...(await instantPorts(this.clone)), ...this.#differing, ...differing };
  }

  async pass(differing: Partial<EnginePorts> = {}): Promise<PassResult> {
    return runPass(await this.ports(differing), this.memory);
  }

  async until(subject: RegExp): Promise<void> {
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      await this.pass();
      if (subject.test(this.remote.subjects(BRANCH)[0] ?? '')) return;
    }
    throw new Error(`${String(subject)} did not come: ${this.remote.subjects(BRANCH).join('\n')}`);
  }

  async toTheEnd(): Promise<void> {
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      await this.pass();
      const { delivery } = await instantPorts(this.clone);
      if (isEnd(await recordAt(delivery, await this.clone.tip(BRANCH)))) return;
    }
    throw new Error('the story did not end');
  }

  /** Another engine, which knows nothing but Git. */
  restart(): void {
    this.memory = new EngineMemory();
    this.clone = this.remote.clone();
  }

  get tip(): string {
    return this.remote.git('rev-parse', BRANCH).trim();
  }

  get tree(): string {
    return this.remote.git('rev-parse', `${BRANCH}^{tree}`).trim();
  }

  /** Without the records, which name the commits that they follow. */
  get manifests(): string {
    return this.remote.git('rev-parse', `${BRANCH}:workloads`, `${BRANCH}:traffic`);
  }

  rewind(commits: number): void {
    this.remote.git('update-ref', `refs/heads/${BRANCH}`, `${BRANCH}~${commits}`);
  }
}

export async function undisturbed(): Promise<Drill> {
  const drill = new Drill();
  await drill.toTheEnd();
  return drill;
}
