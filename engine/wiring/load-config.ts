import { readFile } from 'node:fs/promises';
import { type OperatorConfig, parseOperatorConfig } from '../config/operator-config.ts';
import { ProblemError } from '../core/errors.ts';

/**
 * Reads `serin.yaml`; `shown` is how the user named it.
 *
 * @throws ProblemError with everything that is wrong with it
 */
export async function loadConfig(file: string, shown: string): Promise<OperatorConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    throw new ProblemError([
      {
        code: 'config-missing',
        message: `there is no ${shown}`,
        remedy: 'write one with `serin init`, or name another with --config',
      },
    ]);
  }
  const loaded = parseOperatorConfig(text, shown);
  if ('problems' in loaded) throw new ProblemError(loaded.problems);
  return loaded.config;
}
