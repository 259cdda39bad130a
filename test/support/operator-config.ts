import { type OperatorConfig, parseOperatorConfigs } from '../../engine/config/operator-config.ts';
import type { Problem } from '../../engine/core/errors.ts';

/** Of a file with one delivery. */
export function parseOperatorConfig(
  text: string,
  file: string,
): { readonly config: OperatorConfig } | { readonly problems: readonly Problem[] } {
  const loaded = parseOperatorConfigs(text, file);
  if ('problems' in loaded) return loaded;
  const [only] = loaded.configs;
  if (only === undefined || loaded.configs.length > 1) throw new Error('one delivery is expected');
  return { config: only.config };
}
