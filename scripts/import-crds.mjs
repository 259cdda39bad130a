// Generates imports/*.ts from the definitions kept in imports/crds/, without any network:
// `node scripts/import-crds.mjs [FOLDER]` writes into FOLDER, by default imports/.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CRDS = join(ROOT, 'imports', 'crds');
const folder = process.argv[2] ?? join(ROOT, 'imports');

for (const file of readdirSync(CRDS).toSorted()) {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/cdk8s-cli/bin/cdk8s'),
      'import',
      join(CRDS, file),
      '--language',
      'typescript',
      '--output',
      folder,
      '--no-save',
    ],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' } },
  );
  if (status !== 0) throw new Error(`cdk8s import of ${file} failed: ${stdout}${stderr}`);
}
for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const header = `// Generated from imports/crds by \`npm run import\`. Do not edit.\n`;
  if (!text.startsWith(header)) writeFileSync(path, header + text);
}
