import { type Command, Option } from 'commander';
import type { EngineOptions } from '../engine.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Output, OutputFormat } from './output.ts';

export type Surroundings = Omit<CliContext, 'output'>;

/** Adds commands that belong together. */
export type Adder = (
  program: Command,
  context: Surroundings,
  exit: (code: ExitCode) => void,
) => void;

export interface CommonOptions {
  readonly output?: OutputFormat;
  readonly config: string;
  readonly source?: string;
}

export function withConfig(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration', 'serin.yaml')
    .option('--source <folder>', 'a folder of manifests instead of the configured source');
}

export function withOutput(command: Command): Command {
  const formats = ['text', 'json', 'yaml'];
  return command.addOption(
    new Option('-o, --output <format>', 'the form of the result').choices(formats).default('text'),
  );
}

export function outputOf(
  { out, err }: Surroundings,
  { output = 'text' }: { output?: OutputFormat },
): Output {
  return { format: output, out, err };
}

/** Opens the engine that the options name, and stops it whatever happens. */
export async function withEngine(
  context: Surroundings,
  { config, source }: CommonOptions,
  use: (engine: Awaited<ReturnType<CliContext['openEngine']>>) => Promise<ExitCode>,
  serving?: EngineOptions['serving'],
): Promise<ExitCode> {
  const engine = await context.openEngine({
    configFile: config,
    ...(serving === undefined ? {} : { serving }),
    ...(source === undefined ? {} : { sourceFolder: source }),
  });
  try {
    return await use(engine);
  } finally {
    await engine.stop();
  }
}
