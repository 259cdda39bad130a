import type { CanaryKey, Gate } from '../../../constructs/canary-spec.ts';
import { GATES } from '../../../constructs/canary-spec.ts';
import { act } from '../../controller/act.ts';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import type { Action } from '../../core/actions.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Environment } from '../../adapters/git/create-git.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';

export interface ApproveOptions {
  readonly revision?: string;
  readonly weight?: string;
}

/** Commits what a person wants of a canary; the engine acts on it in its next pass. */
export async function control(
  ports: EnginePorts,
  { canary, action, env }: { canary: string; action: Action; env: Environment },
  output: Output,
): Promise<ExitCode> {
  const outcome = await act(ports, parseCanary(canary), action, personIn(env));
  if (outcome.kind === 'failed') {
    output.err(`nothing was committed: ${outcome.why}`);
    return EXIT.failed;
  }
  printResult(output, outcome, () =>
    outcome.kind === 'unchanged'
      ? `control.yaml says so already: ${outcome.what}`
      : `${outcome.commit.slice(0, 8)} ${outcome.subject}`,
  );
  return EXIT.ok;
}

/** @throws ProblemError for a gate that does not exist, or a weight that is none. */
export function approval(gate: string, { revision, weight }: ApproveOptions): Action {
  return {
    kind: 'approve',
    gate: parseGate(gate),
    ...(revision === undefined ? {} : { revision }),
    ...(weight === undefined ? {} : { weight: parseWeight(weight) }),
  };
}

/** @throws ProblemError for anything but `namespace/name`. */
export function parseCanary(text: string): CanaryKey {
  const [namespace, name, ...rest] = text.split('/');
  if (namespace && name && rest.length === 0) return `${namespace}/${name}`;
  throw mistake(`${text} is no canary`, 'name it as namespace/name');
}

function parseGate(text: string): Gate {
  const gate = GATES.find((each) => each === text);
  if (gate === undefined) throw mistake(`${text} is no gate`, `name one of: ${GATES.join(', ')}`);
  return gate;
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (Number.isInteger(weight) && weight >= 1 && weight <= 100) return weight;
  throw mistake(`--weight is ${text}`, 'give a whole number from 1 to 100');
}

function mistake(message: string, remedy: string): ProblemError {
  return new ProblemError([{ code: 'invalid-argument', message, remedy }]);
}

/** The commit is made by whoever may push; who asked for it is said beside. */
function personIn({ SERIN_USER, USER, LOGNAME }: Environment): string | undefined {
  return SERIN_USER ?? USER ?? LOGNAME;
}
