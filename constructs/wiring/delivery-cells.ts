import {
  CELLS_DEFAULT,
  CELLS_MAX,
  fillName,
  fillPattern,
  PLACEHOLDER,
  SHARED_CELL,
} from '../cell-names.ts';
import { PropertyError, requireText, requireWhole } from '../property-error.ts';

/** Which branches an agent is to follow. */
export interface DeliveryBranchProps {
  /**
   * Objects are called by this name; with cells each has the cell's behind it, as `serin-7`.
   */
  readonly name: string;

  /**
   * The delivery branch, or a pattern as in the engine's configuration: `delivery/{cell}` or
   * `delivery/{namespace}`.
   */
  readonly branch: string;

  /**
   * How many cells `{cell}` stands for, as in the engine's configuration.
   *
   * @default 40
   */
  readonly cells?: number;

  /** With `{namespace}`: the namespaces that are delivered to. */
  readonly namespaces?: readonly string[];
}

/** One branch and what the objects that follow it are called. */
export interface DeliveryCell {
  readonly branch: string;
  readonly name: string;
  /** Tells constructs apart; empty where there is one branch only. */
  readonly id: string;
}

/**
 * The branches of a delivery target, each for objects of its own. Beside the cells of canaries there
 * is one for what belongs to none.
 *
 * @throws PropertyError for an empty name or branch, and for cells that cannot be counted.
 */
export function deliveryCells(props: DeliveryBranchProps): readonly DeliveryCell[] {
  const { name, branch } = props;
  requireText('name', name);
  requireText('branch', branch);
  const placeholder = PLACEHOLDER.exec(branch)?.[0];
  if (placeholder === undefined) return [{ branch, name, id: '' }];
  const cells = [...cellsOf(placeholder, props), SHARED_CELL];
  return cells.map((cell) => ({
    branch: fillPattern(branch, cell),
    name: fillName(`${name}-${placeholder}`, cell),
    id: `-${cell}`,
  }));
}

function cellsOf(
  placeholder: string,
  { cells = CELLS_DEFAULT, namespaces = [] }: DeliveryBranchProps,
): readonly string[] {
  if (placeholder === '{cell}') {
    requireWhole('cells', cells, { min: 1, max: CELLS_MAX });
    return Array.from({ length: cells }, (_, cell) => String(cell));
  }
  if (namespaces.length > 0) return [...new Set(namespaces)];
  const rule = 'a branch for each namespace needs to know them';
  throw new PropertyError('namespaces', [], rule, 'name the namespaces with canaries');
}
