#!/usr/bin/env node
// Starts the command line, or says what is missing: this file must load on any Node.
const NODE_MAJOR_MIN = 22;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `node-too-old: this is Node ${process.versions.node}\n` +
      `    Serin needs Node ${NODE_MAJOR_MIN}.19 or newer; in a checkout, \`npm run serin -- …\` brings one along\n`,
  );
  process.exit(2);
}
const { main } = await import('./main.ts');
await main();
