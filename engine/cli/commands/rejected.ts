import { readStates } from '../../controller/delivery-state.ts';
import { formatInstant } from '../../core/instant.ts';
import { inForce } from '../../core/ledger.ts';
import type { DeliveryRepository } from '../../ports/delivery-repository.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { freshTip } from '../fresh-tip.ts';
import { type Output, printResult, table } from '../output.ts';

/** The revisions that are not tried again, with their images: what a program must not propose anew. */
export async function rejected(
  delivery: DeliveryRepository,
  canary: string | undefined,
  output: Output,
  nowMs: number,
): Promise<ExitCode> {
  const fresh = await freshTip(delivery, output);
  if (fresh === undefined) return EXIT.failed;
  const states = [...(await readStates(delivery, fresh.tip))];
  const entries = states.flatMap(([key, state]) =>
    state.kind === 'damaged' || (canary !== undefined && key !== canary)
      ? []
      : inForce(state.rejected, nowMs).map(
          ({ rejectedAtMs, expiresAtMs, images = [], ...entry }) => ({
            canary: key,
            ...entry,
            images,
            rejectedAt: formatInstant(rejectedAtMs),
            ...(expiresAtMs === undefined ? {} : { expiresAt: formatInstant(expiresAtMs) }),
          }),
        ),
  );
  printResult(output, entries, () =>
    table(
      ['canary', 'revision', 'when', 'attempts', 'images', 'why'],
      entries.map((entry) => [
        entry.canary,
        entry.revision,
        entry.rejectedAt,
        String(entry.attempts),
        entry.images.join(' '),
        entry.reason,
      ]),
    ),
  );
  return EXIT.ok;
}
