import { defineConfig } from 'vitest/config';

/** One cluster for all scenarios of an agent: they run one after another, and share it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['e2e.test.ts'],
    env: { TZ: 'UTC', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
