import { openEngine, openEngines } from '../main.ts';
import { InternalError, ProblemError } from '../core/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { CliContext } from './context.ts';
import { printProblems } from './problems.ts';
import { createProgram } from './program.ts';
import { CommanderError } from 'commander';

/** The process: arguments in, exit code out. Nothing else reads or ends it. */
export async function main(): Promise<void> {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => ending.abort());
  }
  const err = (text: string) => void process.stderr.write(`${text}\n`);
  const surroundings = {
    cwd: process.cwd(),
    env: process.env,
    log: (line: string) => void process.stderr.write(line),
  };
  const context: Omit<CliContext, 'output'> = {
    cwd: process.cwd(),
    env: process.env,
    signal: ending.signal,
    out: (text) => void process.stdout.write(`${text}\n`),
    err,
    openEngine: (options) => openEngine(options, surroundings),
    openEngines: (options) => openEngines(options, surroundings),
  };
  process.exitCode = await run(context, process.argv.slice(2));
  // Sockets kept alive must not keep the process alive.
  process.exit();
}

async function run(
  context: Omit<CliContext, 'output'>,
  args: readonly string[],
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = createProgram(context, (exitCode) => {
    code = exitCode;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, context.err);
  }
}

function report(error: unknown, err: (text: string) => void): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.mistake;
  if (error instanceof ProblemError) {
    printProblems({ err }, error.problems);
    return EXIT.mistake;
  }
  if (error instanceof InternalError) {
    err(`bug: ${error.message}\n    this is a bug in Serin: please report it with the lines below`);
    err(error.stack ?? '');
    return EXIT.bug;
  }
  err(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}
