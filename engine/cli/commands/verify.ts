import { type Verified, verifyBranch } from '../../controller/verify/verify-branch.ts';
import { ProblemError } from '../../core/errors.ts';
import { openHistories } from '../../wiring/open-history.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult } from '../output.ts';

export interface VerifyOptions {
  readonly config: string;
  readonly delivery?: string;
  /** A repository and branch instead of the configured ones. */
  readonly repository?: string;
  readonly branch?: string;
  /** Every decision must carry a signature that Git trusts. */
  readonly signed?: boolean;
}

/** Takes every decision of the branch again and names the first commit that does not follow. */
export async function verify(
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
  { config, delivery, repository, branch, signed = false }: VerifyOptions,
  output: Output,
): Promise<ExitCode> {
  if (repository !== undefined && branch === undefined) throw branchMissing(repository);
  const source = { configFile: config, delivery, repository, branch, signatures: signed };
  const opened = await openHistories(source, { cwd, env });
  if ('unreachable' in opened) {
    output.err(`the delivery branch could not be read: ${opened.unreachable}`);
    return EXIT.failed;
  }
  const verified: VerifiedBranch[] = [];
  for (const each of opened) {
    verified.push({ branch: each.branch, ...(await verifyBranch(each, { signed })) });
  }
  const [only] = verified;
  const result = verified.length === 1 ? only : { branches: verified };
  printResult(output, result, () =>
    verified.map((each) => verifiedText(each, verified)).join('\n'),
  );
  return verified.every(({ broken }) => broken === undefined) ? EXIT.ok : EXIT.failed;
}

interface VerifiedBranch extends Verified {
  readonly branch: string;
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

function verifiedText(verified: VerifiedBranch, all: readonly VerifiedBranch[]): string {
  const { commits, decisions, canaries, people, broken } = verified;
  const where = all.length === 1 ? '' : `${verified.branch}: `;
  const so = `${commits} commits follow: ${decisions} decisions for ${canaries} canaries, ${people} by people`;
  if (broken === undefined) return `${where}${so}`;
  return `${where}${broken.commit} does not follow: ${broken.why}\n  ${broken.subject}\n${so} before it`;
}
