/**
 * Node's arguments for an engine that is measured outside its container: what the Deployment says,
 * and what Node makes of its limit of 512 MiB, half of it for the heap.
 */
export const AS_IN_ITS_CONTAINER = ['--max-semi-space-size=8', '--max-old-space-size=256'] as const;
