import type { StringMatch } from './canary-spec.ts';
import { PropertyError } from './property-error.ts';

/** Requests that are meant: everything written here must hold, and something must be written. */
export interface RequestConditions {
  /**
   * Headers, compared exactly, by prefix, by suffix, or with an expression of RE2 (`regex`).
   *
   * @default - any
   */
  readonly headers?: Readonly<Record<string, StringMatch>>;

  /**
   * Parameters of the query, compared in the same ways.
   *
   * @default - any
   */
  readonly queryParams?: Readonly<Record<string, StringMatch>>;

  /**
   * Labels of the workload that sends the request (Istio).
   *
   * @default - any
   */
  readonly sourceLabels?: Readonly<Record<string, string>>;
}

/** Alternatives of which a request must meet one. */
export type RequestMatches = readonly [RequestConditions, ...RequestConditions[]];

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$/;

/**
 * An alternative without a condition would send everybody to the canary, and so would an empty
 * prefix, suffix or expression.
 */
export function requireConditions(matches: readonly RequestConditions[]): void {
  if (matches.length === 0) {
    throw new PropertyError('match', matches, 'no request would be meant', 'write a condition');
  }
  for (const [index, { headers = {}, queryParams = {}, sourceLabels = {} }] of matches.entries()) {
    const at = `match[${index}]`;
    const names = Object.keys({ ...headers, ...queryParams, ...sourceLabels });
    if (names.length === 0) {
      const remedy = 'write headers, queryParams or sourceLabels';
      throw new PropertyError(at, '{}', 'every request would be meant', remedy);
    }
    for (const [name, text] of Object.entries(headers)) {
      requireHeader(`${at}.headers`, name);
      requireText(`${at}.headers.${name}`, text);
    }
    for (const [name, text] of Object.entries(queryParams)) {
      requireText(`${at}.queryParams.${name}`, text);
    }
  }
}

/** Names of headers and of cookies are of one grammar. */
export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

function requireHeader(property: string, name: string): void {
  if (isToken(name.replace(/^(:|@request\.auth\.)/, ''))) return;
  throw new PropertyError(property, name, 'it is no name of a header', 'write for example x-beta');
}

function requireText(property: string, match: StringMatch): void {
  const written = Object.entries(match);
  const [kind, text] = written[0] ?? [];
  if (written.length !== 1 || kind === undefined) {
    const rule = 'it must say exactly one of exact, prefix, suffix and regex';
    throw new PropertyError(
      property,
      JSON.stringify(match),
      rule,
      'write for example { exact: … }',
    );
  }
  if (kind === 'exact' || text !== '') return;
  throw new PropertyError(
    `${property}.${kind}`,
    text,
    'every request would be meant',
    'write more',
  );
}
