import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { Manifest } from '../../constructs/manifest.ts';
import { assertInvariant, type Problem } from '../core/errors.ts';
import { FILE_BYTES_MAX, fileTooLarge } from '../core/unread.ts';
import type { SourceFile } from '../ports/source-reader.ts';
import { type Locate, locator } from './locate.ts';

/** One object of a source file, with the means to say where in the file a field stands. */
export interface SourceObject {
  readonly file: string;
  readonly manifest: Manifest;
  /** The document's own text, comments included; of an item of a List, its own YAML. */
  readonly text: string;
  readonly locate: Locate;
}

export interface ParsedFile {
  readonly objects: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

/** Manifests need few aliases; a document that multiplies itself is an attack or an accident. */
const ALIASES_MAX = 100;

/** Reads every object of a file; each problem says its line. Never throws. */
export function parseSourceFile(file: SourceFile): ParsedFile {
  if (file.text.length > FILE_BYTES_MAX)
    return { objects: [], problems: [fileTooLarge(file.path)] };
  const lines = new LineCounter();
  const objects: SourceObject[] = [];
  const problems: Problem[] = [];
  let start = 0;
  for (const [index, document] of parseDocuments(file, lines).entries()) {
    const text = documentText(file, document, start);
    start = document.range[2];
    if (document.errors.length > 0) {
      problems.push(...document.errors.map((error) => syntaxProblem(file, error, lines)));
      continue;
    }
    const again = remembered(file, index, document);
    const locate = (prefix: Path) => locator(again, file.path, lines, prefix);
    const parsed = readDocument(file, document, text, locate);
    objects.push(...parsed.objects);
    problems.push(...parsed.problems);
  }
  return { objects, problems };
}

type Parsed = Document.Parsed;
type Path = readonly PropertyKey[];

function parseDocuments(file: SourceFile, lineCounter: LineCounter): readonly Parsed[] {
  const documents = parseAllDocuments(file.text, {
    lineCounter,
    version: '1.1',
    customTags: (tags) => tags.filter((tag) => tag !== 'timestamp' && tag !== 'binary'),
  });
  return Array.isArray(documents) ? documents : [];
}

function syntaxProblem(
  file: SourceFile,
  error: { readonly message: string; readonly pos: readonly [number, number] },
  lines: LineCounter,
): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  return {
    code: 'yaml-syntax',
    message: error.message.split('\n', 1)[0] ?? error.message,
    remedy: 'mend the YAML; nothing of this document can be read until then',
    location: { file: file.path, line, column: col },
  };
}

/**
 * A parsed document takes ten times the memory of its text and is asked for again only where something
 * is wrong: then it is parsed again, unless that was a moment ago.
 */
function remembered(file: SourceFile, index: number, document: Parsed): () => Parsed {
  let known = new WeakRef(document);
  return () => {
    const parsed = known.deref() ?? parseDocuments(file, new LineCounter())[index];
    assertInvariant(parsed !== undefined, `${file.path} has ${index} documents`);
    known = new WeakRef(parsed);
    return parsed;
  };
}

function readDocument(
  file: SourceFile,
  document: Parsed,
  ownText: string,
  locatorBelow: (prefix: Path) => Locate,
): ParsedFile {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const location = locatorBelow([])([]);
    const remedy = 'write the values out instead of multiplying them by aliases';
    return { objects: [], problems: [{ code: 'yaml-alias-limit', message, remedy, location }] };
  }
  if (value === null || value === undefined) return { objects: [], problems: [] };
  const items = isList(value) ? value.items : [value];
  const objects: SourceObject[] = [];
  const problems: Problem[] = [];
  for (const [index, item] of items.entries()) {
    const locate = locatorBelow(isList(value) ? ['items', index] : []);
    if (!isManifest(item)) {
      problems.push({
        code: 'not-a-manifest',
        message:
          'the document is no Kubernetes object: apiVersion, kind or metadata.name is missing',
        remedy: 'keep only manifests below the source path; render kustomizations and charts first',
        location: locate([]),
      });
      continue;
    }
    const text = isList(value) ? itemText(document, index) : ownText;
    objects.push({ file: file.path, manifest: item, text, locate });
  }
  return { objects, problems };
}

function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  return isRecord(value) && value['kind'] === 'List' && Array.isArray(value['items']);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isManifest(value: unknown): value is Manifest {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  return (
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof value['metadata']['name'] === 'string'
  );
}

/** The bytes of one document with the comments above it; the separator belongs to nobody. */
function documentText(file: SourceFile, document: Parsed, start: number): string {
  const text = file.text.slice(start, document.range[2]).replace(/^\s*---[^\n]*\n/, '');
  return text.endsWith('\n') ? text : `${text}\n`;
}

function itemText(document: Parsed, index: number): string {
  const item = document.getIn(['items', index], true);
  return isNode(item) ? `${JSON.stringify(item.toJS(document), undefined, 2)}\n` : '';
}
