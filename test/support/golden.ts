import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** Golden folders: `test/golden/<provider>/<case>/` with the input and the `expected/` output. */
export const GOLDEN = join(import.meta.dirname, '../golden');

export function goldenCases(): readonly string[] {
  return folders(GOLDEN).flatMap((provider) =>
    folders(join(GOLDEN, provider)).map((name) => join(provider, name)),
  );
}

export function goldenInput(name: string, file: string): string {
  return readFileSync(join(GOLDEN, name, file), 'utf8');
}

export function expectGolden(name: string, rendered: ReadonlyMap<string, string>): void {
  expectFolder(join(GOLDEN, name, 'expected'), rendered);
}

/**
 * Compares whole folders: a file too many is a difference as well. With `UPDATE_GOLDEN=1` the
 * expected folder is written anew, to be read as a diff.
 */
export function expectFolder(folder: string, rendered: ReadonlyMap<string, string>): void {
  if (process.env['UPDATE_GOLDEN'] === '1') replaceFolder(folder, rendered);
  expect(Object.fromEntries(sorted(rendered))).toEqual(Object.fromEntries(filesBelow(folder)));
}

function replaceFolder(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function filesBelow(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return sorted(new Map(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')])));
}

function sorted(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function folders(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
