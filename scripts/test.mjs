// Everything that must hold, in the order of what fails fastest, ending with one line that counts.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const reports = mkdtempSync(join(tmpdir(), 'serin-test-'));
const report = join(reports, 'vitest.json');

const checks = [
  ['format', 'prettier', ['--check', '--log-level=warn', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['lint', 'oxlint', ['--type-aware', '--tsconfig', 'tsconfig.json', '--deny-warnings', '.']],
];

let passed = 0;
let failed = 0;
for (const [name, program, args] of checks) {
  const ok = spawnSync(program, args, { stdio: 'inherit' }).status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${String(name)}`);
  if (ok) passed += 1;
  else failed += 1;
}
const vitest = spawnSync(
  'vitest',
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
try {
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed += counts.numPassedTests;
  failed += counts.numFailedTests + counts.numFailedTestSuites;
} catch {
  failed += 1;
}
if (vitest.status !== 0 && failed === 0) failed = 1;
rmSync(reports, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
