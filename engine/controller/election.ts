import type { DeliveryRepository, PublishOutcome } from '../ports/delivery-repository.ts';
import type { Leadership, Lease } from '../ports/lease.ts';
import type { Logger } from '../ports/logger.ts';
import type { Cells, EnginePorts } from './engine-ports.ts';

/** Says who leads, each change once. */
export function createLeadershipReporter(logger: Logger): (leadership: Leadership) => void {
  let said = '';
  return (leadership) => {
    const saying = JSON.stringify(leadership);
    if (saying === said) return;
    said = saying;
    switch (leadership.kind) {
      case 'leading':
        return logger.info('this engine leads', { identity: leadership.identity });
      case 'following':
        return logger.info('another engine leads', { leader: leadership.leader });
      case 'unsettled':
        return logger.info('nobody is known to lead, standing by', { why: leadership.why });
    }
  };
}

/** The ports for the next pass, unless another engine leads; without an election everybody leads. */
export function portsIfLeading(
  ports: EnginePorts,
  report: (leadership: Leadership) => void,
): EnginePorts | undefined {
  const { lease } = ports;
  if (lease === undefined) return ports;
  const leadership = lease.leadership();
  report(leadership);
  return leadership.kind === 'leading' ? portsForTerm(ports, lease, leadership.term) : undefined;
}

/**
 * Ports that publish nothing once the term they were made for has ended: an engine that was stopped
 * in mid-pass may wake up long after another one took over.
 */
function portsForTerm(ports: EnginePorts, lease: Lease, term: number): EnginePorts {
  const { delivery, cells } = ports;
  const isOurs = () => {
    const now = lease.leadership();
    return now.kind === 'leading' && now.term === term;
  };
  const guarded: DeliveryRepository = {
    refresh: () => delivery.refresh(),
    list: (commit, folder) => delivery.list(commit, folder),
    items: (commit, folder) => delivery.items(commit, folder),
    read: (blobs) => delivery.read(blobs),
    containment: (...asked) => delivery.containment(...asked),
    history: (query) => delivery.history(query),
    publish: (drafts, onto) => (isOurs() ? delivery.publish(drafts, onto) : Promise.resolve(ENDED)),
  };
  return { ...ports, delivery: guarded, cells: cells && guardedCells(cells, isOurs) };
}

function guardedCells({ branches, ...cells }: Cells, isOurs: () => boolean): Cells {
  return {
    ...cells,
    branches: {
      existing: (prefixes) => branches.existing(prefixes),
      at: (branch) => branches.at(branch),
      publish: (batches) =>
        isOurs() ? branches.publish(batches) : Promise.resolve(batches.map(() => ENDED)),
    },
  };
}

const ENDED: PublishOutcome = { kind: 'unreachable', why: 'this engine does not lead any more' };
