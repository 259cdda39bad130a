import assert from 'node:assert/strict';
import type { EditPolicy } from '../../engine/core/edits.ts';
import { canaryOfPath, isEnginesFile, recordPath } from '../../engine/core/paths.ts';
import { parseTrailers } from '../support/trailers.ts';
import type { Dice } from './random.ts';
import type { SimulatedCommit, SimulatedRepository } from './simulated-repository.ts';

/** What somebody wrote over, and what with. */
interface Edit {
  readonly before: string;
  readonly text: string;
}

const TAKES_TRAFFIC_AWAY = [
  'rollback',
  'fail-promotion',
  'withdraw',
  'restart',
  'return-to-primary',
];

/**
 * Somebody who edits the engine's own files, in ways that change nothing in the cluster, and puts them
 * back some time later, if nobody else has.
 */
export class SimulatedEdits {
  faults = true;
  /** What the engine does about it. */
  readonly policy: EditPolicy;
  readonly #dice: Dice;
  readonly #repository: SimulatedRepository;
  readonly #edits = new Map<string, Edit>();

  constructor(dice: Dice, repository: SimulatedRepository) {
    this.#dice = dice;
    this.#repository = repository;
    this.policy = dice.pick(['hold', 'heal']);
  }

  tick(): void {
    for (const path of this.#edits.keys()) {
      if (!this.faults || this.#dice.chance(0.2)) this.#putBack(path);
    }
    if (this.faults && this.#dice.chance(0.1)) this.#edit();
  }

  /** A commit of the engine undoes no edit, but one that says so, and that puts back what was there. */
  check({ parent, files, message, foreign }: SimulatedCommit): void {
    if (foreign || parent === undefined) return;
    const trailers = new Map(parseTrailers(message).map(({ key, value }) => [key, value]));
    const decision = trailers.get('Decision') ?? '';
    for (const [path, { before, text }] of this.#edits) {
      if (parent.files.get(path) !== text || trailers.get('Canary') !== canaryOfPath(path))
        continue;
      if (decision === 'heal') {
        assert.equal(this.policy, 'heal');
        assert.equal(files.get(path), before);
      } else if (trailers.has('Decision')) {
        assert.ok(TAKES_TRAFFIC_AWAY.includes(decision), `${decision} over an edit of ${path}`);
        assert.equal(files.get(path), text, `${decision} undoes an edit of ${path}`);
      }
    }
  }

  #edit(): void {
    const { tip } = this.#repository;
    const owned = [...(tip?.files.keys() ?? [])].filter((path) => {
      const canary = canaryOfPath(path);
      const isWritten = canary !== undefined && isEnginesFile(canary, path);
      return (
        isWritten &&
        tip?.files.has(recordPath(canary)) === true &&
        path.endsWith('.yaml') &&
        !this.#edits.has(path)
      );
    });
    const path = owned[this.#dice.int(0, Math.max(0, owned.length - 1))];
    if (path === undefined) return;
    const before = tip?.files.get(path) ?? '';
    const text = `${before}# by hand ${this.#repository.commits.length}\n`;
    this.#edits.set(path, { before, text });
    this.#repository.commitByHand(path, text);
  }

  /** Only what still says what they wrote: the engine may have been there before. */
  #putBack(path: string): void {
    const edit = this.#edits.get(path);
    this.#edits.delete(path);
    if (edit === undefined || this.#repository.tip?.files.get(path) !== edit.text) return;
    this.#repository.commitByHand(path, edit.before);
  }
}
