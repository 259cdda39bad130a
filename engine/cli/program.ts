import { Command } from 'commander';
import { addControl } from './control-commands.ts';
import { completionScript, SHELLS } from './completion.ts';
import {
  type Adder,
  type CommonOptions,
  outputOf,
  type Surroundings,
  withConfig,
  withEngine,
  withEngines,
  withOutput,
} from './command-options.ts';
import type { ExitCode } from './exit-codes.ts';

interface Since {
  readonly since?: string;
}

interface VerifyFlags {
  readonly repository?: string;
  readonly branch?: string;
  readonly signed?: boolean;
}

/** Every command with its options; a command's own code is loaded when it is used. */
export function createProgram(context: Surroundings, exit: (code: ExitCode) => void): Command {
  const program = new Command('serin')
    .description('Progressive delivery where Git is the rollout.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text.trimEnd()),
      writeErr: (text) => context.err(text.trimEnd()),
    });
  addDemo(program, context, exit);
  addOffline(program, context, exit);
  addEject(program, context, exit);
  addEngine(program, context, exit);
  addHistory(program, context, exit);
  addAudit(program, context, exit);
  addControl(program, context, exit);
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(program.createArgument('<shell>').choices([...SHELLS]))
    .action((shell: string) => context.out(completionScript(program, shell)));
  return program;
}

const addDemo: Adder = (program, context, exit) => {
  program
    .command('demo')
    .description('play the whole story in a playground: v2 is promoted, v3 is rolled back')
    .option('--dir <folder>', 'keep everything below this folder (default: a temporary one)')
    .option('--real-time', 'a minute takes a minute')
    .option('--picture <file>', 'write what was printed as an SVG picture')
    .action(async (options: { dir?: string; realTime?: boolean; picture?: string }) => {
      const { demo } = await import('./demo/demo.ts');
      exit(await demo(context, options));
    });
  program
    .command('playground')
    .description('run a cluster in this process that follows the delivery branch')
    .option('--config <file>', 'the configuration', 'serin.yaml')
    .option('--delivery <name>', 'one of several deliveries of the configuration')
    .option('--port <port>', 'the port on loopback', '7070')
    .action(async (options: { config: string; delivery?: string; port: string }) => {
      const { playground } = await import('./commands/playground.ts');
      exit(await playground(context, options));
    });
};

const addOffline: Adder = (program, context, exit) => {
  program
    .command('init')
    .description('write a serin.yaml to start from')
    .option('--repository <url>', 'the Git repository of source and delivery branch', '.')
    .option('--branch <name>', 'the delivery branch', 'delivery/prod')
    .action(async (options: { repository: string; branch: string }) => {
      const { init } = await import('./commands/init.ts');
      exit(await init(context, options));
    });
  withOutput(program.command('validate <path>'))
    .description('read manifests as the engine would and print every problem')
    .action(async (path: string, options: CommonOptions) => {
      const { validatePath } = await import('./commands/validate.ts');
      exit(await validatePath(path, context.cwd, outputOf(context, options)));
    });
  program
    .command('render <path>')
    .description('print what would stand on the delivery branch at a weight')
    .option('--weight <percent>', 'the weight of the canary', '0')
    .option('--out <folder>', 'write the files below this folder instead of printing them')
    .action(async (path: string, options: { weight: string; out?: string }) => {
      const { render } = await import('./commands/render.ts');
      exit(await render(context, path, options));
    });
};

const addEject: Adder = (program, context, exit) => {
  withOutput(withConfig(program.command('eject <canary> [folder]')))
    .description('take a Canary out of a folder of manifests, and write what was generated for it')
    .option('--dry-run', 'print what would be written')
    .action(
      async (
        canary: string,
        folder: string | undefined,
        options: CommonOptions & { dryRun?: boolean },
      ) => {
        const { eject, ejectFrom } = await import('./commands/eject.ts');
        const output = outputOf(context, options);
        const { dryRun = false } = options;
        const path = folder ?? options.source;
        if (path !== undefined) {
          const isShown = dryRun || folder === undefined;
          exit(await eject(context.cwd, { canary, folder: path, dryRun: isShown }, output));
          return;
        }
        exit(await withEngine(context, options, ({ ports }) => ejectFrom(canary, ports, output)));
      },
    );
};

const addEngine: Adder = (program, context, exit) => {
  withConfig(program.command('run'))
    .description('run the engine until it is stopped')
    .option('--serve <address>', 'serve metrics and probes there, for example on :8080')
    .action(async (options: CommonOptions & { serve?: string }) => {
      const { run, servingOf } = await import('./commands/run.ts');
      const serving = servingOf(options.serve);
      exit(await withEngines(context, options, serving, (engines) => run(engines, context.signal)));
    });
  withOutput(withConfig(program.command('doctor')))
    .description('look at everything the engine depends on; changes nothing')
    .action(async (options: CommonOptions) => {
      const { doctor } = await import('./commands/doctor.ts');
      exit(
        await withEngine(context, options, (engine) => doctor(engine, outputOf(context, options))),
      );
    });
  withOutput(withConfig(program.command('step')))
    .description('make one pass, for cron or CI')
    .action(async (options: CommonOptions) => {
      const { step } = await import('./commands/run.ts');
      exit(
        await withEngine(context, options, (engine) => step(engine, outputOf(context, options))),
      );
    });
  withOutput(withConfig(program.command('status')))
    .description('show every canary and what it is waiting for')
    .action(async (options: CommonOptions) => {
      const { status } = await import('./commands/status.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          status(ports, outputOf(context, options)),
        ),
      );
    });
  withOutput(program.command('queue'))
    .description('show what a running engine has decided and not pushed yet, and why')
    .option('--config <file>', 'the configuration', 'serin.yaml')
    .option('--engine <url>', 'the engine to ask, instead of the one on this machine')
    .action(async (options: CommonOptions & { engine?: string }) => {
      const { queue } = await import('./commands/queue.ts');
      exit(await queue(context, options, outputOf(context, options)));
    });
  withOutput(withConfig(program.command('plan [canary]')))
    .description('print every future commit of a rollout, with its diff')
    .option('--no-diff', 'print the commits only')
    .action(async (canary: string | undefined, options: CommonOptions & { diff: boolean }) => {
      const { plan } = await import('./commands/plan.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          plan(ports, { canary, diff: options.diff }, outputOf(context, options)),
        ),
      );
    });
};

const addHistory: Adder = (program, context, exit) => {
  withOutput(withConfig(program.command('log [canary]')))
    .description('print the rollout history, newest first')
    .option('--limit <count>', 'at most this many decisions', '50')
    .option('--since <when>', 'nothing older: a duration (7d, 12h) or an instant')
    .action(
      async (canary: string | undefined, options: CommonOptions & { limit: string } & Since) => {
        const { log } = await import('./commands/log.ts');
        const limit = Math.max(1, Number.parseInt(options.limit, 10) || 1);
        exit(
          await withEngine(context, options, ({ ports }) =>
            log(ports, { canary, limit, since: options.since }, outputOf(context, options)),
          ),
        );
      },
    );
  withConfig(program.command('break-glass [canary]'))
    .description('the last stable traffic manifests from the local clone, for kubectl apply')
    .option('--out <folder>', 'write the files below this folder instead of printing them')
    .action(async (canary: string | undefined, options: CommonOptions & { out?: string }) => {
      const { breakGlass } = await import('./commands/break-glass.ts');
      const out = options.out === undefined ? {} : { out: options.out };
      exit(
        await withEngine(context, options, ({ ports }) =>
          breakGlass(context, ports.delivery, { canary, ...out }),
        ),
      );
    });
  withOutput(withConfig(program.command('report [canary]')))
    .description('deployment frequency, lead time, change failure rate and time to restore')
    .option('--since <when>', 'the window: a duration (30d, 12h) or an instant', '30d')
    .action(async (canary: string | undefined, options: CommonOptions & { since: string }) => {
      const { report } = await import('./commands/report.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          report(ports, { canary, since: options.since }, outputOf(context, options)),
        ),
      );
    });
  withOutput(withConfig(program.command('rejected [canary]')))
    .description('the revisions that failed and are not tried again, with their images')
    .action(async (canary: string | undefined, options: CommonOptions) => {
      const { rejected } = await import('./commands/rejected.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          rejected(ports.delivery, canary, outputOf(context, options), ports.clock.nowMs()),
        ),
      );
    });
  withOutput(withConfig(program.command('show <what>')))
    .description('show a canary (namespace/name) with its evidence, or one decision (a commit)')
    .action(async (what: string, options: CommonOptions) => {
      const { show } = await import('./commands/show.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          show(ports.delivery, what, outputOf(context, options)),
        ),
      );
    });
};

const addAudit: Adder = (program, context, exit) => {
  withOutput(withConfig(program.command('why <commit>')))
    .description('explain one decision: what it rests on, and each answer with its bound')
    .action(async (commit: string, options: CommonOptions) => {
      const { why } = await import('./commands/why.ts');
      exit(
        await withEngine(context, options, ({ ports }) =>
          why(ports.delivery, commit, outputOf(context, options)),
        ),
      );
    });
  withOutput(program.command('verify'))
    .description('take every decision of the branch again, and name the first that does not follow')
    .option('--config <file>', 'the configuration', 'serin.yaml')
    .option('--delivery <name>', 'one of several deliveries of the configuration')
    .option('--repository <url>', 'a repository instead of the configured one')
    .option('--branch <name>', 'the delivery branch in it')
    .option('--signed', 'every decision must carry a signature that Git trusts')
    .action(async (options: CommonOptions & VerifyFlags) => {
      const { verify } = await import('./commands/verify.ts');
      exit(await verify(context, options, outputOf(context, options)));
    });
};
