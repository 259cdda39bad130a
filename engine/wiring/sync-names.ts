import { cellOfBranch, fillName } from '../../constructs/cell-names.ts';
import type { OperatorConfig } from '../config/operator-config.ts';
import { isOf, layoutOf } from '../core/cells.ts';

type Sync = Extract<
  NonNullable<OperatorConfig['cluster']>,
  { readonly provider: 'kubernetes' }
>['sync'];

/** The agent's objects that apply a branch: each cell has its own, named by the pattern. */
export function syncNamesOf({ delivery }: OperatorConfig, sync: Sync, branch: string): Sync {
  const wired = [{ ...delivery, sync }, ...delivery.previous].find((each) =>
    isOf(layoutOf(each.branch, each.cells), branch),
  );
  const names = wired?.sync ?? sync;
  const cell = wired === undefined ? undefined : cellOfBranch(wired.branch, branch);
  if (cell === undefined) return names;
  const [workloads, traffic] = [fillName(names.workloads, cell), fillName(names.traffic, cell)];
  const routes = names.routes && fillName(names.routes, cell);
  return { ...names, workloads, traffic, ...(routes === undefined ? {} : { routes }) };
}
