/** Machine-readable facts of a commit: the last paragraph of its message, one `Key: value` a line. */
export interface Trailer {
  readonly key: string;
  readonly value: string;
}

/**
 * The paragraph as Git reads it back. A value stays on its line, whatever it holds: Git would take
 * a line break for the end of the trailer.
 * @see https://git-scm.com/docs/git-interpret-trailers
 */
export function formatTrailers(trailers: readonly Trailer[]): string {
  return trailers.map(({ key, value }) => `${key}: ${oneLine(value)}`).join('\n');
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

export function trailerValue(trailers: readonly Trailer[], key: string): string | undefined {
  return trailers.find((trailer) => trailer.key === key)?.value;
}
