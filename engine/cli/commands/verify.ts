import { type Verified, verifyBranch } from '../../controller/verify/verify-branch.ts';
import { ProblemError } from '../../core/errors.ts';
import { openHistory } from '../../wiring/open-history.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';

export interface VerifyOptions {
  readonly config: string;
  /** A repository and branch instead of the configured ones. */
  readonly repository?: string;
  readonly branch?: string;
  /** Every decision must carry a signature that Git trusts. */
  readonly signed?: boolean;
}

/** Takes every decision of the branch again and names the first commit that does not follow. */
export async function verify(
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
  { config, repository, branch, signed = false }: VerifyOptions,
  output: Output,
): Promise<ExitCode> {
  if (repository !== undefined && branch === undefined) throw branchMissing(repository);
  const source = { configFile: config, repository, branch, signatures: signed };
  const opened = await openHistory(source, { cwd, env });
  if ('unreachable' in opened) {
    output.err(`the delivery branch could not be read: ${opened.unreachable}`);
    return EXIT.failed;
  }
  const verified = await verifyBranch(opened, { signed });
  printResult(output, verified, () => verifiedText(verified));
  return verified.broken === undefined ? EXIT.ok : EXIT.failed;
}

function branchMissing(repository: string): ProblemError {
  return new ProblemError([
    {
      code: 'invalid-argument',
      message: `--repository is ${repository}, and no --branch says where decisions stand in it`,
      remedy: 'add for example --branch delivery/prod',
    },
  ]);
}

function verifiedText({ commits, decisions, canaries, people, broken }: Verified): string {
  const so = `${commits} commits follow: ${decisions} decisions for ${canaries} canaries, ${people} by people`;
  if (broken === undefined) return so;
  return `${broken.commit} does not follow: ${broken.why}\n  ${broken.subject}\n${so} before it`;
}
