import type { DeliveryCommit } from '../../ports/delivery-repository.ts';

/** Id, committer time in seconds, subject, body, trailers; a message can hold no NUL. */
export const HISTORY_FORMAT = '--format=tformat:%H%x00%ct%x00%s%x00%b%x00%(trailers:only,unfold)';

const FIELDS = 5;

/** Reads `git log -z` with `HISTORY_FORMAT`, newest first. */
export function parseHistory(output: string): readonly DeliveryCommit[] {
  const fields = output.split('\0');
  const commits: DeliveryCommit[] = [];
  for (let start = 0; start + FIELDS <= fields.length; start += FIELDS) {
    const [commit = '', seconds = '', subject = '', body = '', trailers = ''] = fields.slice(
      start,
      start + FIELDS,
    );
    const atMs = Number(seconds) * 1000;
    commits.push({ commit, atMs, subject, body, trailers: parseTrailers(trailers) });
  }
  return commits;
}

function parseTrailers(text: string): DeliveryCommit['trailers'] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon < 0 ? [] : [{ key: line.slice(0, colon), value: line.slice(colon + 2) }];
  });
}
