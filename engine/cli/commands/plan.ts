import { createTwoFilesPatch } from 'diff';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import { type ForeseenCommit, foresee } from '../../controller/foresee.ts';
import { NEW_CANARY, readCanaryFiles, readCarried } from '../../controller/delivery-state.ts';
import { EngineMemory } from '../../controller/memory.ts';
import { openPass } from '../../controller/open-pass.ts';
import { ProblemError } from '../../core/errors.ts';
import { formatInstant } from '../../core/instant.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';
import { printProblems } from '../problems.ts';

export interface PlanOptions {
  /** `namespace/name`; all canaries when absent. */
  readonly canary: string | undefined;
  /** Whether the files' differences are printed under each commit. */
  readonly diff: boolean;
}

/** Every future commit before anything happens, if each step is live at once and every check passes. */
export async function plan(
  ports: EnginePorts,
  { canary: only, diff }: PlanOptions,
  output: Output,
): Promise<ExitCode> {
  const opened = await openPass(ports, new EngineMemory(), 'nobody');
  if ('trouble' in opened) {
    output.err(`nothing could be planned: ${opened.trouble.why}`);
    return EXIT.failed;
  }
  const { loaded, states, sourceCommit } = opened;
  const canaries = loaded.canaries.filter(({ key }) => only === undefined || key === only);
  if (only !== undefined && canaries.length === 0 && loaded.problems.length === 0) {
    const remedy = `name one of: ${loaded.canaries.map(({ key }) => key).join(', ')}`;
    throw new ProblemError([
      { code: 'canary-unknown', message: `the source holds no canary ${only}`, remedy },
    ]);
  }
  const plans: CanaryPlan[] = [];
  for (const canary of canaries) {
    const state = states.get(canary.key) ?? NEW_CANARY;
    if (state.kind === 'damaged') {
      output.err(`${canary.key}: ${state.path} is damaged: ${state.why}`);
      continue;
    }
    const cell = opened.cells.get(opened.branchOf(canary.key));
    const tip = cell?.context.tip;
    const foreseen = foresee({
      canary,
      record: state.record,
      rejected: state.rejected,
      control: state.control,
      delivered: await readCanaryFiles(ports.delivery, tip, canary.key),
      tip,
      carried: await readCarried(ports.delivery, tip, canary.spec.namespace),
      held: loaded.held,
      sourceCommit,
      nowMs: ports.clock.nowMs(),
    });
    plans.push({ canary: canary.key, ...foreseen });
  }
  printResult(output, plans.map(planData), () =>
    plans.map((each) => planText(each, diff)).join('\n'),
  );
  printProblems(output, loaded.problems);
  return loaded.problems.length === 0 ? EXIT.ok : EXIT.mistake;
}

interface CanaryPlan {
  readonly canary: string;
  readonly commits: readonly ForeseenCommit[];
  readonly ending: string;
}

function planData({ canary, commits, ending }: CanaryPlan): Readonly<Record<string, unknown>> {
  return {
    canary,
    commits: commits.map(({ message, atMs, changes }) => ({
      message,
      notBefore: formatInstant(atMs),
      changes,
    })),
    ending,
  };
}

function planText({ canary, commits, ending }: CanaryPlan, diff: boolean): string {
  const texts = commits.map((commit, index) => commitText(commit, index + 1, diff));
  return [...texts, `${canary}: ${commits.length} commits, then: ${ending}\n`].join('\n');
}

function commitText(commit: ForeseenCommit, number: number, diff: boolean): string {
  const subject = commit.message.split('\n', 1)[0] ?? '';
  const head = `${number}. ${subject}\n   not before ${formatInstant(commit.atMs)}`;
  if (!diff) return `${head}\n${commit.changes.map(({ path }) => `   ${path}`).join('\n')}\n`;
  const patches = commit.changes.map((change) => {
    const before = commit.before.get(change.path);
    const after = change.kind === 'write' ? change.text : undefined;
    return createTwoFilesPatch(
      before === undefined ? '/dev/null' : `a/${change.path}`,
      after === undefined ? '/dev/null' : `b/${change.path}`,
      before ?? '',
      after ?? '',
    );
  });
  return `${head}\n${patches.join('')}`;
}
