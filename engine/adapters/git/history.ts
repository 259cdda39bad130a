import type { DeliveryCommit } from '../../ports/delivery-repository.ts';

/** Id, parents, author, committer time in seconds, subject, body, trailers; nothing in a commit holds a NUL. */
export const HISTORY_FORMAT =
  '--format=tformat:%H%x00%P%x00%an%x00%ct%x00%s%x00%b%x00%(trailers:only,unfold)';

const FIELDS = 7;

/** Reads `git log -z` with `HISTORY_FORMAT`, newest first. */
export function parseHistory(output: string): readonly DeliveryCommit[] {
  const fields = output.split('\0');
  const commits: DeliveryCommit[] = [];
  for (let start = 0; start + FIELDS <= fields.length; start += FIELDS) {
    const [
      commit = '',
      parents = '',
      author = '',
      seconds = '',
      subject = '',
      body = '',
      text = '',
    ] = fields.slice(start, start + FIELDS);
    commits.push({
      commit,
      parents: parents.split(' ').filter((id) => id !== ''),
      author,
      atMs: Number(seconds) * 1000,
      subject,
      body,
      trailers: parseTrailers(text),
    });
  }
  return commits;
}

function parseTrailers(text: string): DeliveryCommit['trailers'] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon < 0 ? [] : [{ key: line.slice(0, colon), value: line.slice(colon + 2) }];
  });
}
