import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemRandom } from '../adapters/clock/system-clock.ts';
import type { Environment } from '../adapters/git/create-git.ts';
import type { OperatorConfig } from '../config/operator-config.ts';
import type { Playground } from '../playground/playground.ts';
import type { Clock } from '../ports/clock.ts';
import { deliveryTree } from './delivery-tree.ts';
import type { OpenGit } from './open-git.ts';

interface Surroundings {
  readonly clock: Clock;
  readonly env: Environment;
  /** @default - any that is free */
  readonly port?: number;
}

/**
 * A playground that follows the configured delivery branch. It is loaded only where it is used: what
 * makes its traffic takes a quarter of an engine's memory.
 */
export async function startConfiguredPlayground(
  { delivery, clock: settings }: Pick<OperatorConfig, 'delivery' | 'clock'>,
  git: OpenGit,
  { clock, env, port }: Surroundings,
): Promise<Playground> {
  const { startPlayground } = await import('../playground/playground.ts');
  return startPlayground({
    tree: deliveryTree(git, delivery.branch),
    clock,
    random: systemRandom,
    speed: settings?.speed ?? 1,
    ...(port === undefined ? {} : { port }),
    heyPath: findProgram('hey', env),
  });
}

function findProgram(name: string, env: Environment): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
