import { readFile } from 'node:fs/promises';
import {
  type NamedConfig,
  type OperatorConfig,
  parseOperatorConfigs,
} from '../config/operator-config.ts';
import { ProblemError } from '../core/errors.ts';

/** The configuration file, and which of its deliveries is meant; absent: the only one. */
export interface ConfigChoice {
  readonly configFile: string;
  readonly delivery?: string | undefined;
}

/**
 * Reads `serin.yaml` for one delivery; `configFile` is how the user named it.
 *
 * @throws ProblemError with everything that is wrong with it
 */
export async function loadConfig(file: string, choice: ConfigChoice): Promise<OperatorConfig> {
  const configs = await loadConfigs(file, choice);
  const [only] = configs;
  if (only !== undefined && configs.length === 1) return only.config;
  const names = configs.map(({ name }) => name).join(', ');
  throw new ProblemError([
    {
      code: 'invalid-argument',
      message: `${choice.configFile} has the deliveries ${names}, and none is named`,
      remedy: `add for example --delivery ${only?.name}`,
    },
  ]);
}

/**
 * The same for all deliveries of the file, or the one that is named.
 *
 * @throws ProblemError with everything that is wrong with it
 */
export async function loadConfigs(
  file: string,
  { configFile, delivery }: ConfigChoice,
): Promise<readonly NamedConfig[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new ProblemError([
      {
        code: 'config-missing',
        message: `there is no ${configFile}`,
        remedy: 'write one with `serin init`, or name another with --config',
      },
    ]);
  }
  const loaded = parseOperatorConfigs(text, configFile);
  if ('problems' in loaded) throw new ProblemError(loaded.problems);
  const { configs } = loaded;
  if (delivery === undefined) return configs;
  const wanted = configs.filter(({ name }) => name === delivery);
  if (wanted.length > 0) return wanted;
  const names = configs.flatMap(({ name }) => name ?? []);
  throw new ProblemError([
    {
      code: 'invalid-argument',
      message: `--delivery is ${delivery}, and ${configFile} has no such delivery`,
      remedy: names.length === 0 ? 'leave it out' : `name one of: ${names.join(', ')}`,
    },
  ]);
}
