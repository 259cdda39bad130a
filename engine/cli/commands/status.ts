import type { CanaryResult, ReconcileResult } from '../../controller/result.ts';
import { EngineMemory } from '../../controller/memory.ts';
import { planPass } from '../../controller/pass.ts';
import { formatInstant } from '../../core/instant.ts';
import type { Step } from '../../core/record.ts';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult, table } from '../output.ts';
import { printProblems } from '../problems.ts';

/**
 * What `kubectl get canary` shows, plus what is being waited for and why. It makes the same plan as
 * a pass would and throws it away.
 */
export async function status(ports: EnginePorts, output: Output): Promise<ExitCode> {
  const plan = await planPass(ports, new EngineMemory(), 'nobody');
  const canaries = plan.proposals
    .map(({ outcome }) => outcome)
    .toSorted((a, b) => (a.canary < b.canary ? -1 : 1));
  const trouble = plan.trouble === undefined ? {} : { trouble: plan.trouble };
  const problems = plan.problems.length === 0 ? {} : { problems: plan.problems };
  const result = { canaries: canaries.map(statusOf), ...problems, ...trouble };
  printResult(output, result, () => statusTable(canaries));
  printProblems(output, plan.problems);
  if (plan.trouble === undefined) return plan.problems.length === 0 ? EXIT.ok : EXIT.mistake;
  output.err(`nothing could be planned: ${plan.trouble.why}`);
  return EXIT.failed;
}

const HEADS = [
  'namespace',
  'name',
  'status',
  'weight',
  'lasttransitiontime',
  'step',
  'waiting for',
];

function statusTable(canaries: readonly CanaryResult[]): string {
  if (canaries.length === 0) return 'no canaries';
  return table(HEADS, canaries.map(statusRow));
}

function statusRow({ canary, record, step, result }: CanaryResult): readonly string[] {
  const [namespace = '', name = ''] = canary.split('/');
  return [
    namespace,
    name,
    record?.phase ?? '-',
    record === undefined ? '-' : String(record.weights.canary),
    record === undefined ? '-' : formatInstant(record.lastTransitionMs),
    stageOf(step ?? record?.step),
    waitingFor(result),
  ];
}

/** How far the newest change of weights has come, and since when. */
function stageOf(step: Step | undefined): string {
  if (step === undefined) return '-';
  const { committedMs, containedMs, appliedMs, effectiveMs } = step;
  if (effectiveMs !== undefined) return `effective ${formatInstant(effectiveMs)}`;
  if (appliedMs !== undefined) return `applied ${formatInstant(appliedMs)}`;
  if (containedMs !== undefined) return `contained ${formatInstant(containedMs)}`;
  return `committed ${formatInstant(committedMs)}`;
}

function momentsOf(step: Step | undefined): Readonly<Record<string, string>> | undefined {
  if (step === undefined) return undefined;
  const { committedMs, containedMs, appliedMs, effectiveMs } = step;
  const moment = (name: string, atMs: number | undefined) =>
    atMs === undefined ? {} : { [name]: formatInstant(atMs) };
  return {
    ...moment('committedAt', committedMs),
    ...moment('containedAt', containedMs),
    ...moment('appliedAt', appliedMs),
    ...moment('effectiveAt', effectiveMs),
  };
}

function statusOf(outcome: CanaryResult): Readonly<Record<string, unknown>> {
  const { canary, record, step, result } = outcome;
  return {
    canary,
    phase: record?.phase,
    weight: record?.weights.canary,
    failedChecks: record?.rollout?.failedChecks,
    revision: record?.rollout?.revision,
    promoted: record?.promoted.revision,
    lastTransitionTime: record === undefined ? undefined : formatInstant(record.lastTransitionMs),
    step: momentsOf(step ?? record?.step),
    result,
  };
}

function waitingFor(result: ReconcileResult): string {
  switch (result.kind) {
    case 'done':
      return `nothing: ${result.why}`;
    case 'committed':
      return `the next pass, which will commit: ${result.subjects.join('; ')}`;
    case 'waiting':
      if (result.notLive !== undefined) {
        return `NOT LIVE since ${formatInstant(result.notLive.sinceMs)}: ${result.notLive.reason}`;
      }
      return result.untilMs === undefined
        ? result.why
        : `${result.why} (${formatInstant(result.untilMs)})`;
    case 'retry':
      return `another try: ${result.why}`;
    case 'blocked':
      return `you: ${result.why}; ${result.remedy}`;
  }
}
