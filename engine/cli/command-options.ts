import { type Command, Option } from 'commander';
import type { Engine, EngineOptions } from '../engine.ts';
import type { CliContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
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
  readonly delivery?: string;
}

export function withConfig(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration', 'serin.yaml')
    .option('--delivery <name>', 'one of several deliveries of the configuration')
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
export function withEngine(
  context: Surroundings,
  options: CommonOptions,
  use: (engine: Engine) => Promise<ExitCode>,
): Promise<ExitCode> {
  const opened = context.openEngine(engineOptions(options)).then((engine) => [engine]);
  return used(opened, ([engine]) => (engine === undefined ? EXIT.failed : use(engine)));
}

/** The same for all deliveries, unless one is named. */
export function withEngines(
  context: Surroundings,
  options: CommonOptions,
  serving: EngineOptions['serving'],
  use: (engines: readonly Engine[]) => Promise<ExitCode>,
): Promise<ExitCode> {
  const served = serving === undefined ? {} : { serving };
  return used(context.openEngines({ ...engineOptions(options), ...served }), use);
}

async function used(
  opened: Promise<readonly Engine[]>,
  use: (engines: readonly Engine[]) => Promise<ExitCode> | ExitCode,
): Promise<ExitCode> {
  const engines = await opened;
  try {
    return await use(engines);
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
  }
}

function engineOptions({ config, source, delivery }: CommonOptions): EngineOptions {
  return {
    configFile: config,
    ...(source === undefined ? {} : { sourceFolder: source }),
    ...(delivery === undefined ? {} : { delivery }),
  };
}
