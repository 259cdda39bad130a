import type { RequestOptions } from 'node:https';
import { ProblemError } from '../../core/errors.ts';

/** Where the API server is, and what lets the engine in. */
export interface ApiAccess {
  readonly server: string;
  /** What the next request needs: credentials as they are now, and connections that are kept. */
  authorize(): Promise<RequestOptions>;
  /** Gives up connections that nobody uses: where one has died, those beside it may have as well. */
  forgetIdle(): void;
}

const NAME_ANOTHER = 'name a readable kubeconfig and context under cluster in serin.yaml';

export function noCluster(why: string, remedy = NAME_ANOTHER): ProblemError {
  return new ProblemError([
    {
      code: 'kubeconfig-unusable',
      message: `the cluster's credentials cannot be read: ${why}`,
      remedy,
    },
  ]);
}
