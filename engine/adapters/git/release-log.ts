import type { ReleasedCommits } from '../../ports/source-reader.ts';
import type { GitExit } from './create-git.ts';
import type { BareClone } from './bare-clone.ts';

/** What `git log` says of the commits of a release that touch its files, newest first. */
export function releaseLog(
  { git }: BareClone,
  { after, upTo, files }: ReleasedCommits,
  options: readonly string[],
): Promise<GitExit> {
  const range = ['--end-of-options', upTo, `^${after}`, '--', ...files];
  return git.pipe(['--literal-pathspecs', 'log', ...options, ...range], '');
}
