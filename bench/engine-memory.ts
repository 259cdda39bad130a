/**
 * How Node is started for an engine that is measured outside its container: what the Deployment says,
 * and what Node makes of its limit of 512 MiB, half of it for the heap.
 */
export const AS_IN_ITS_CONTAINER = {
  args: ['--max-semi-space-size=4', '--max-old-space-size=256'],
  env: { MALLOC_ARENA_MAX: '2' },
} as const;
