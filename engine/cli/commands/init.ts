import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export interface InitOptions {
  readonly repository: string;
  readonly branch: string;
}

/** Writes a configuration to start from; never over one that is there. */
export async function init(
  context: Pick<CliContext, 'cwd' | 'out'>,
  options: InitOptions,
): Promise<ExitCode> {
  const file = join(context.cwd, 'serin.yaml');
  try {
    await writeFile(file, configText(options), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
    const remedy = 'edit it, or remove it first';
    throw new ProblemError([
      { code: 'invalid-argument', message: 'serin.yaml is already here', remedy },
    ]);
  }
  context.out(
    [
      'wrote serin.yaml',
      '',
      'next:',
      '  serin validate <folder of manifests>   what the engine would say of them',
      '  serin plan                             every commit a rollout would make',
      '  serin run                              the engine, with a playground for a cluster',
    ].join('\n'),
  );
  return EXIT.ok;
}

function configText({ repository, branch }: InitOptions): string {
  return `# Where people write: plain manifests, or the output of \`cdk8s synth\`.
source:
  repository: ${JSON.stringify(repository)}
  branch: main
  path: .

# What the cluster runs. Only the engine writes this branch.
delivery:
  repository: ${JSON.stringify(repository)}
  branch: ${JSON.stringify(branch)}

# Without a cluster the engine brings a playground along, in its own process.
# cluster:
#   provider: playground
#   address: http://127.0.0.1:7070

# Without a metrics server the playground's own counters are judged.
# metrics:
#   provider: prometheus
#   address: http://prometheus:9090

# The longest time between two looks at the world.
poll: 10s
`;
}
