import { type Document, parseAllDocuments } from 'yaml';
import type { SourceFile } from '../ports/source-reader.ts';

/**
 * A file without one of its objects, everything else byte for byte; nothing where no object is left. An
 * item of a List is taken out of it.
 */
export function withoutObject(
  { text }: SourceFile,
  isMeant: (object: unknown) => boolean,
): string | undefined {
  const documents = parseAllDocuments(text, { version: '1.1' });
  if (!Array.isArray(documents)) return undefined;
  const parts: string[] = [];
  let start = 0;
  for (const document of documents as Document.Parsed[]) {
    const part = text.slice(start, document.range[2]);
    start = document.range[2];
    const kept = withoutIt(document, part, isMeant);
    if (kept !== undefined) parts.push(kept);
  }
  const rest = parts.join('').replace(/^(\s*---[ \t]*\n)+/, '');
  return parts.some((part) => hasContent(part)) ? rest : undefined;
}

function withoutIt(
  document: Document.Parsed,
  part: string,
  isMeant: (object: unknown) => boolean,
): string | undefined {
  const value: unknown = document.toJS();
  if (isMeant(value)) return undefined;
  const items = itemsOf(value);
  const index = items?.findIndex(isMeant) ?? -1;
  if (index < 0) return part;
  document.deleteIn(['items', index]);
  const separator = /^\s*---[^\n]*\n/.exec(part)?.[0] ?? '';
  return items?.length === 1 ? undefined : `${separator}${document.toString({ lineWidth: 0 })}`;
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !('items' in value)) return undefined;
  return Array.isArray(value.items) ? (value.items as readonly unknown[]) : undefined;
}

/** Comments and separators alone are nobody's object. */
function hasContent(part: string): boolean {
  return part.split('\n').some((line) => !/^\s*(#.*|---.*|\.\.\.)?$/.test(line));
}
