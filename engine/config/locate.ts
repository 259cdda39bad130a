import { type Document, isMap, isNode, type LineCounter } from 'yaml';
import type { SourceLocation } from '../core/errors.ts';

export type Locate = (field: readonly PropertyKey[]) => SourceLocation;

/**
 * Says where in a file a field stands; a field that is not written has its parent's place.
 *
 * @param document gives the document, parsed anew if need be
 */
export function locator(
  document: () => Document.Parsed,
  file: string,
  lines: LineCounter,
  prefix: readonly PropertyKey[] = [],
): Locate {
  return (field) => ({
    file,
    ...positionOf(document(), [...prefix, ...field], lines),
    ...(field.length === 0 ? {} : { field: fieldPath(field) }),
  });
}

function positionOf(
  document: Document.Parsed,
  field: readonly PropertyKey[],
  lines: LineCounter,
): { readonly line: number; readonly column: number } {
  for (let depth = field.length; depth >= 0; depth -= 1) {
    const offset = offsetOf(document, field.slice(0, depth));
    if (offset !== undefined) {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    }
  }
  return { line: 1, column: 1 };
}

function offsetOf(document: Document.Parsed, field: readonly PropertyKey[]): number | undefined {
  if (field.length === 0) return document.contents?.range[0] ?? document.range[0];
  const parent = field.length === 1 ? document.contents : document.getIn(field.slice(0, -1), true);
  const last = field.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isNode(key) && String(key) === String(last));
    return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(field, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** `spec.analysis.stepWeights[2]` */
export function fieldPath(field: readonly PropertyKey[]): string {
  return field
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}
