import { type CanaryKey, GATES } from '../../constructs/canary-spec.ts';
import { KnownStates } from '../../engine/controller/delivery-state.ts';
import { createSourceInterpreter } from '../../engine/controller/source-interpreter.ts';
import { type Action, controlAfter } from '../../engine/core/actions.ts';
import { type Control, SAID_NOTHING } from '../../engine/core/control.ts';
import { controlPath } from '../../engine/core/paths.ts';
import { formatControl } from '../../engine/render/control-file.ts';
import type { Dice } from './random.ts';
import type { SimulatedRepository } from './simulated-repository.ts';
import type { SimulatedSource } from './simulated-source.ts';

/** Somebody on call, who edits control files by hand, and not always well. */
export class SimulatedPeople {
  faults = true;
  readonly #dice: Dice;
  readonly #repository: SimulatedRepository;
  readonly #source: SimulatedSource;
  readonly #interpret = createSourceInterpreter();
  readonly #states = new KnownStates();

  constructor(dice: Dice, repository: SimulatedRepository, source: SimulatedSource) {
    this.#dice = dice;
    this.#repository = repository;
    this.#source = source;
  }

  async tick(): Promise<void> {
    for (const { name } of this.#source.apps) {
      const canary: CanaryKey = `default/${name}`;
      if (!this.faults) await this.#agree(canary);
      else if (this.#dice.chance(0.06)) await this.#say(canary);
    }
  }

  async #say(canary: CanaryKey): Promise<void> {
    if (this.#dice.chance(0.05)) {
      this.#repository.commitByHand(controlPath(canary), 'version: 1\npaused: yes\n');
      return;
    }
    const gate = this.#dice.pick(GATES);
    const kinds = ['pause', 'resume', 'resume', 'abort', 'retry', 'promote', 'approve'] as const;
    const kind = this.#dice.pick(kinds);
    await this.#act(canary, kind === 'approve' ? { kind, gate } : { kind });
  }

  /** In the end people let everything go on that they are asked about. */
  async #agree(canary: CanaryKey): Promise<void> {
    await this.#act(canary, { kind: 'resume' });
    for (const gate of GATES) await this.#act(canary, { kind: 'approve', gate });
  }

  async #act(canary: CanaryKey, action: Action): Promise<void> {
    const { tip } = this.#repository;
    const { canaries } = this.#interpret(this.#source.snapshot(), new Set());
    const resolved = canaries.find(({ key }) => key === canary);
    const state = (await this.#states.at(this.#repository, tip?.id)).get(canary);
    if (state?.kind !== 'sound') return;
    if (resolved === undefined) {
      // Of a Canary that has left the source people can say one thing: that it may go.
      if (action.kind === 'resume') this.#write(canary, { paused: false, approvals: [] });
      return;
    }
    const { spec, revision } = resolved;
    const { record, rejected } = state;
    const said = state.control.state === 'damaged' ? SAID_NOTHING : state.control;
    const outcome = controlAfter(controlOf(said), action, { spec, record, rejected, revision });
    if (outcome.kind === 'refused') return;
    this.#write(canary, outcome.control);
  }

  #write(canary: CanaryKey, control: Control): void {
    const { tip } = this.#repository;
    const text = formatControl(control);
    const before = tip?.files.get(controlPath(canary)) ?? formatControl(controlOf(SAID_NOTHING));
    if (before === text) return;
    this.#repository.commitByHand(controlPath(canary), text);
  }
}

function controlOf(said: typeof SAID_NOTHING): Control {
  return said.state === 'damaged' ? { paused: false, approvals: [] } : said;
}
