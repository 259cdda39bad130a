import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Manifests as one stream of documents, each below the path it would stand at. */
export function asDocuments(files: ReadonlyMap<string, string>): string {
  return [...files].map(([path, text]) => `# ${path}\n${text.trimEnd()}`).join('\n---\n');
}

export async function writeBelow(
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [path, text] of files) {
    const file = join(resolve(folder), path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
