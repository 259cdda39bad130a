import { backoffMs } from '../core/backoff.ts';
import { createLeadershipReporter, portsIfLeading } from './election.ts';
import type { EnginePorts } from './engine-ports.ts';
import { EngineMemory } from './memory.ts';
import { runPass } from './pass.ts';
import { createReporter } from './report.ts';
import type { PassResult } from './result.ts';

export interface LoopOptions {
  /** The longest time between two passes. */
  readonly pollMs: number;
  /** Ends the loop after the pass under way: nothing is left half done. */
  readonly signal: AbortSignal;
  readonly onPass?: (result: PassResult) => void;
  /** This engine did what it is here for: a pass without trouble, or standing by for another. */
  readonly onBeat?: () => void;
}

const BACKOFF = { baseMs: 1_000, capMs: 60_000 };

/** A standby looks this often whether it leads. */
const STANDBY_MS = 1_000;

/** Passes until the signal comes, as long as this engine leads; lets the lease go in the end. */
export async function runLoop(ports: EnginePorts, options: LoopOptions): Promise<void> {
  const ended = new AbortController();
  const campaign = ports.lease?.campaign(ended.signal);
  try {
    await passUntilAborted(ports, options);
  } finally {
    ended.abort();
    await campaign;
  }
}

/** Trouble with the whole pass stretches the pause with full jitter. */
async function passUntilAborted(ports: EnginePorts, options: LoopOptions): Promise<void> {
  const { pollMs, signal, onPass, onBeat } = options;
  const report = createReporter(ports.logger);
  const memory = new EngineMemory();
  const reportLeadership = createLeadershipReporter(ports.logger);
  for (let failures = 0; !signal.aborted;) {
    const leading = portsIfLeading(ports, reportLeadership);
    if (leading === undefined) {
      if (ports.lease?.leadership().kind === 'following') onBeat?.();
      await ports.clock.sleep(STANDBY_MS, signal);
      continue;
    }
    const news = new AbortController();
    memory.onLateAnswer = () => news.abort();
    const result = await passSafely(leading, memory);
    report(result);
    onPass?.(result);
    if (result.trouble === undefined) onBeat?.();
    failures = result.trouble === undefined ? 0 : failures + 1;
    const pauseMs =
      failures > 0
        ? Math.max(pollMs + backoffMs(failures - 1, BACKOFF, ports.random), askedFor(result))
        : untilNextMs(result, ports.clock.nowMs(), pollMs, shortestPauseMs(ports, pollMs));
    const woken = failures > 0 ? signal : AbortSignal.any([signal, news.signal]);
    await ports.clock.sleep(pauseMs, woken);
  }
}

/** A server that said when to come back is not asked before that. */
function askedFor({ trouble }: PassResult): number {
  return trouble?.kind === 'retry' ? (trouble.retryAfterMs ?? 0) : 0;
}

async function passSafely(ports: EnginePorts, memory: EngineMemory): Promise<PassResult> {
  const { clock, telemetry, messaging } = ports;
  const startedMs = clock.nowMs();
  const result = await passOrTrouble(ports, memory);
  telemetry?.passed({
    outcome: result.trouble?.kind ?? 'done',
    durationMs: Math.max(0, clock.nowMs() - startedMs),
    problems: result.problems.length,
    unpushed: memory.queue.decisions.length,
    untold: messaging?.outbox.length ?? 0,
  });
  return result;
}

/** A bug in one pass must not end the loop: the next pass reads everything again. */
async function passOrTrouble(ports: EnginePorts, memory: EngineMemory): Promise<PassResult> {
  try {
    return await runPass(ports, memory);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ports.logger.error('a pass failed', { why });
    const trouble = { kind: 'retry', why } as const;
    return { canaries: [], problems: [], queue: memory.queue.decisions, trouble };
  }
}

/** Passes are never closer than this share of the poll, even when a moment waited for has passed. */
const SHORTEST_PAUSE = 1 / 100;
/** Where pushes are counted, looking more often than that is of no use. */
const SHORTEST_PAUSE_COUNTED = 1 / 20;

export function shortestPauseMs({ gate }: Pick<EnginePorts, 'gate'>, pollMs: number): number {
  return pollMs * (gate?.hasBudget === true ? SHORTEST_PAUSE_COUNTED : SHORTEST_PAUSE);
}

/** The next moment that some canary waits for, at the latest the next poll. */
export function untilNextMs(
  result: PassResult,
  nowMs: number,
  pollMs: number,
  shortestMs: number,
): number {
  const instants = [
    ...result.canaries.map(({ result: each }) => ('untilMs' in each ? each.untilMs : undefined)),
    ...result.queue.map(({ untilMs }) => untilMs),
  ];
  return instants.reduce<number>(
    (pauseMs, untilMs = Infinity) => Math.min(pauseMs, Math.max(shortestMs, untilMs - nowMs)),
    pollMs,
  );
}
