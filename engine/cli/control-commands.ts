import type { Action } from '../core/actions.ts';
import {
  type Adder,
  type CommonOptions,
  outputOf,
  withConfig,
  withEngine,
  withOutput,
} from './command-options.ts';
import type { ApproveOptions } from './commands/act.ts';

/** What people do to a rollout: each is a commit of its control file. */
export const addControl: Adder = (program, context, exit) => {
  const run = async (canary: string, action: Action, options: CommonOptions) => {
    const { control } = await import('./commands/act.ts');
    const { env } = context;
    exit(
      await withEngine(context, options, ({ ports }) =>
        control(ports, { canary, action, env }, outputOf(context, options)),
      ),
    );
  };
  withOutput(withConfig(program.command('approve <canary> <gate>')))
    .description('open a gate (rollout, traffic-increase, promotion) for one revision')
    .option('--revision <revision>', 'the revision (default: the one that waits)')
    .option('--weight <percent>', 'of a traffic increase: no further than this weight')
    .action(async (canary: string, gate: string, options: CommonOptions & ApproveOptions) => {
      const { approval } = await import('./commands/act.ts');
      await run(canary, approval(gate, options), options);
    });
  const simple = {
    pause: 'hold a canary where it is; what takes traffic away from it still happens',
    resume: 'let a paused canary go on',
    abort: 'roll the rollout back, or turn down the revision that waits',
    retry: 'try a rejected revision again',
    promote: 'promote the rollout without any further analysis',
  } as const;
  for (const [kind, description] of Object.entries(simple)) {
    withOutput(withConfig(program.command(`${kind} <canary>`)))
      .description(description)
      .action(async (canary: string, options: CommonOptions) => {
        await run(canary, { kind: kind as keyof typeof simple }, options);
      });
  }
};
