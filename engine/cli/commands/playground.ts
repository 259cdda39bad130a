import { openPlayground } from '../../main.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export interface PlaygroundCommandOptions {
  readonly config: string;
  readonly delivery?: string;
  readonly port: string;
}

/** A cluster that outlives single engine passes, until the signal comes. */
export async function playground(
  context: Omit<CliContext, 'output'>,
  { config, delivery, port }: PlaygroundCommandOptions,
): Promise<ExitCode> {
  const { cwd, env } = context;
  const running = await openPlayground(
    { configFile: config, delivery, port: Number(port) },
    { cwd, env },
  );
  context.out(
    `playground: ${running.address}\n\nfor serin.yaml:\n` +
      `  cluster:\n    provider: playground\n    address: ${running.address}`,
  );
  await new Promise<void>((resolve) => {
    context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.stop();
  return EXIT.ok;
}
