import { resolve } from 'node:path';
import { strategyText } from '../../core/steps.ts';
import { openFolder } from '../read-folder.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';
import { printProblems } from '../problems.ts';

/** Reads manifests as the engine would and prints every problem at once. */
export async function validatePath(path: string, cwd: string, output: Output): Promise<ExitCode> {
  const { canaries, others, problems } = (await openFolder(resolve(cwd, path))).loaded;
  const result = { canaries: canaries.map(({ key }) => key), others: others.size, problems };
  printResult(output, result, () =>
    [
      ...canaries.map(({ key, spec, revision }) => {
        const strategy = strategyText(spec.analysis.strategy);
        return `${key}  ${strategy}  revision ${revision}`;
      }),
      `${canaries.length} valid, ${problems.length} problems`,
    ].join('\n'),
  );
  printProblems(output, problems);
  return problems.length === 0 ? EXIT.ok : EXIT.mistake;
}
