import { examine } from '../../controller/doctor.ts';
import type { Engine } from '../../engine.ts';
import type { Finding } from '../../ports/inspector.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult, table } from '../output.ts';

/** Prints what the engine would stumble over, before it does. */
export async function doctor(
  { ports, inspectors }: Pick<Engine, 'ports' | 'inspectors'>,
  output: Output,
): Promise<ExitCode> {
  const findings = await examine(ports, inspectors);
  printResult(output, { findings }, () => text(findings));
  return findings.some(({ status }) => status === 'failure') ? EXIT.failed : EXIT.ok;
}

/** Says in the log of an engine what is not in order around it; it goes to work all the same. */
export async function logFindings({
  ports,
  inspectors,
}: Pick<Engine, 'ports' | 'inspectors'>): Promise<void> {
  for (const { status, ...finding } of await examine(ports, inspectors)) {
    if (status === 'warning') ports.logger.warn('the surroundings are not quite in order', finding);
    if (status === 'failure') ports.logger.error('the surroundings are not in order', finding);
  }
}

function text(findings: readonly Finding[]): string {
  const rows = findings.map(({ status, part, check, message }) => [
    status === 'failure' ? 'FAILURE' : status,
    part,
    check,
    message,
  ]);
  const remedies = findings.flatMap((finding) =>
    finding.status === 'ok'
      ? []
      : [`${finding.part} ${finding.check}: ${finding.message}\n    ${finding.remedy}`],
  );
  return [table(['status', 'part', 'check', 'found'], rows), ...remedies].join('\n\n');
}
