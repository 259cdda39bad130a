/** What a command's exit code means; `docs/cli.md` has the same table. */
export const EXIT = {
  /** Done; a rollout that waits or was rolled back is done as well. */
  ok: 0,
  /** The world did not play along: Git, the cluster or the metrics server; try again. */
  failed: 1,
  /** Something a person wrote is wrong; every problem has been printed. */
  mistake: 2,
  /** Our own bug: please report it. */
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
