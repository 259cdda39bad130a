import { parseListenAddress } from '../../config/listen-address.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Engine, EngineOptions } from '../../engine.ts';
import { runLoop } from '../../controller/loop.ts';
import { EngineMemory } from '../../controller/memory.ts';
import { runPass } from '../../controller/pass.ts';
import type { PassResult } from '../../controller/result.ts';
import { logFindings } from './doctor.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult, table } from '../output.ts';
import { printProblems } from '../problems.ts';

/**
 * Runs until the signal comes; the passes under way are finished first. Each delivery has a loop of its
 * own: trouble with one holds up no other.
 */
export async function run(engines: readonly Engine[], signal: AbortSignal): Promise<ExitCode> {
  const ended = await Promise.allSettled(engines.map((engine) => runOne(engine, signal)));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return EXIT.ok;
}

async function runOne(engine: Engine, signal: AbortSignal): Promise<void> {
  const examined = logFindings(engine);
  await runLoop(engine.ports, {
    pollMs: engine.pollMs,
    signal,
    onBeat: () => engine.beat(),
    onPass: ({ queue }) => engine.queued(queue),
  });
  await examined;
}

/** Where `serin run` listens: as asked, or else as configured. */
export function servingOf(written: string | undefined): NonNullable<EngineOptions['serving']> {
  if (written === undefined) return {};
  const address = parseListenAddress(written);
  if (address !== undefined) return { address };
  throw new ProblemError([
    {
      code: 'invalid-argument',
      message: `--serve is ${JSON.stringify(written)}, which is no address to listen on`,
      remedy: 'write for example --serve :8080',
    },
  ]);
}

/** The metrics source may have to watch for a whole window; no window is longer than this. */
const PENDING_MAX = 100;

/**
 * One pass, for cron or CI: all state is in Git. Only where an evaluation is due and the metrics
 * source has just begun to watch does it stay until the window is full.
 */
export async function step(engine: Engine, output: Output): Promise<ExitCode> {
  const memory = new EngineMemory();
  // Nobody comes back for an answer that is late.
  const ports = { ...engine.ports, patience: undefined };
  let result = await runPass(ports, memory);
  for (let waited = 0; waited < PENDING_MAX; waited += 1) {
    const untilMs = pendingUntilMs(result);
    if (untilMs === undefined) break;
    await ports.clock.sleep(Math.max(1, untilMs - ports.clock.nowMs()));
    result = await runPass(ports, memory);
  }
  printResult(output, result, () => stepText(result));
  printProblems(output, result.problems);
  if (result.trouble !== undefined) {
    output.err(result.trouble.why);
    return EXIT.failed;
  }
  return result.problems.length === 0 ? EXIT.ok : EXIT.mistake;
}

function pendingUntilMs({ canaries }: PassResult): number | undefined {
  const pending = canaries.flatMap(({ result }) =>
    result.kind === 'waiting' && result.pendingEvidence === true && result.untilMs !== undefined
      ? [result.untilMs]
      : [],
  );
  return pending.length === 0 ? undefined : Math.min(...pending);
}

function stepText({ canaries }: PassResult): string {
  if (canaries.length === 0) return 'no canaries';
  const rows = canaries.map(({ canary, result }) => [
    canary,
    result.kind,
    result.kind === 'committed' ? result.subjects.join('; ') : result.why,
  ]);
  return table(['canary', 'result', 'what'], rows);
}
