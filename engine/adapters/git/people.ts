import { isCommitId } from '../../core/commit-id.ts';
import type { Person } from '../../core/person.ts';
import type { ReleasedCommits } from '../../ports/source-reader.ts';
import type { BareClone } from './bare-clone.ts';
import { releaseLog } from './release-log.ts';

/** A release that brings more commits than this is described well enough by the newest of them. */
const COMMITS_MAX = 200;
const PEOPLE_MAX = 20;
const NAME_MAX = 100;

/** Author, address, and those the commit itself names beside them. */
const FORMAT = '--format=tformat:%an%x00%ae%x00%(trailers:key=Co-authored-by,valueonly,unfold)';
const FIELDS = 3;

/**
 * The people behind the commits that lead from one release to the next and touch its files, newest
 * first. It is courtesy: where the range is not to be had (a history that was rewritten, a source
 * that moved), there is nobody to name.
 */
export async function peopleOf(
  clone: BareClone,
  release: ReleasedCommits,
): Promise<readonly Person[]> {
  if (![release.after, release.upTo].every(isCommitId)) return [];
  const options = ['-z', '--no-mailmap', '--no-merges', `--max-count=${COMMITS_MAX}`, FORMAT];
  const { code, stdout } = await releaseLog(clone, release, options);
  return code === 0 ? readPeople(stdout.toString('utf8')) : [];
}

function readPeople(output: string): readonly Person[] {
  const fields = output.split('\0');
  const people = new Map<string, Person>();
  for (let start = 0; start + FIELDS <= fields.length; start += FIELDS) {
    const [name = '', email = '', trailers = ''] = fields.slice(start, start + FIELDS);
    for (const person of [personOf(name, email), ...trailers.split('\n').map(namedPerson)]) {
      if (person !== undefined) people.set(person.email.toLowerCase(), person);
      if (people.size >= PEOPLE_MAX) return [...people.values()];
    }
  }
  return [...people.values()];
}

/** `Name <address>`, as a trailer has it. */
function namedPerson(text: string): Person | undefined {
  const match = /^(.*)<([^<>]*)>\s*$/.exec(text);
  return match === null ? undefined : personOf(match[1] ?? '', match[2] ?? '');
}

/** Git takes anything for a name; what would read as something else in a message is left out. */
function personOf(name: string, email: string): Person | undefined {
  const plain = name
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029<>]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, NAME_MAX);
  const isAddress = /^[^\s<>@\u0000-\u001f]{1,100}@[^\s<>@\u0000-\u001f]{1,150}$/.test(email);
  return plain === '' || !isAddress ? undefined : { name: plain, email };
}
