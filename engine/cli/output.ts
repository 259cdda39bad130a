import { stringify } from 'yaml';

export type OutputFormat = 'text' | 'json' | 'yaml';

/** Where a command prints; results go to `out`, everything else to `err`. */
export interface Output {
  readonly format: OutputFormat;
  out(text: string): void;
  err(text: string): void;
}

/** Prints a result for machines as it is, and for people as `text` says. */
export function printResult(output: Output, result: unknown, text: () => string): void {
  switch (output.format) {
    case 'text':
      return output.out(text());
    case 'json':
      return output.out(JSON.stringify(result, undefined, 2));
    case 'yaml':
      return output.out(stringify(result).trimEnd());
  }
}

/** Columns as `kubectl get` prints them: upper-case heads, three spaces between, no lines. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heads.map((head) => head.toUpperCase()), ...rows];
  const widths = heads.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
        )
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
