/** Ten canaries a cell keep up with any fleet (docs/scaling.md); this is enough for 400. */
export const CELLS_DEFAULT = 40;
export const CELLS_MAX = 1_000;

/** The cell of what no canary and no namespace owns: no namespace can be called like this. */
export const SHARED_CELL = '_shared';

/** What stands in a pattern for the cell: the namespace's name, or a number. */
export const PLACEHOLDER = /\{(namespace|cell)\}/;

/** The branch of a cell. */
export function fillPattern(pattern: string, cell: string): string {
  return pattern.replace(PLACEHOLDER, () => cell);
}

/**
 * The name of a cell's object in a cluster. The dot keeps it from meeting a namespace's: a name of a
 * Kubernetes object may hold one, a namespace's may not.
 */
export function fillName(pattern: string, cell: string): string {
  return fillPattern(pattern, cell === SHARED_CELL ? 'shared.cell' : cell);
}

/** What stands in the place of the placeholder; nothing for a branch of another pattern. */
export function cellOfBranch(pattern: string, branch: string): string | undefined {
  const [before = '', after = ''] = pattern.split(/\{(?:namespace|cell)\}/);
  const cell = branch.slice(before.length, branch.length - after.length);
  return cell !== '' && fillPattern(pattern, cell) === branch ? cell : undefined;
}

/** What the names of all branches of a pattern begin with. */
export function patternPrefix(pattern: string): string {
  return pattern.split('{', 1)[0] ?? '';
}
