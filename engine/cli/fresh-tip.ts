import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { Output } from './output.ts';

/** The delivery branch as the remote has it now; nothing where it cannot be read, which is said. */
export async function freshTip(
  delivery: DeliveryRepository,
  output: Output,
): Promise<{ readonly tip: string | undefined } | undefined> {
  const refreshed = await delivery.refresh();
  if (refreshed.kind === 'fresh') return refreshed;
  output.err(`the delivery branch could not be read: ${refreshed.why}`);
  return undefined;
}
