// Runs a program of test/e2e as vitest runs its tests: the generated imports hold enums and imports
// of types, which Node itself cannot leave out.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const server = await createViteServer({
  root: dirname(dirname(fileURLToPath(import.meta.url))),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, ws: false },
});
await server.ssrLoadModule(`/test/e2e/${process.argv[2]}.ts`);
