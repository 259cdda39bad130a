import type { DeliveryCommit } from '../../ports/delivery-repository.ts';

const FIELD = '\u001f';

/** Id, committer time in seconds, subject, body, trailers; separated by a character no text holds. */
export const HISTORY_FORMAT =
  '--format=%H%x1f%ct%x1f%s%x1f%b%x1f%(trailers:only,unfold,separator=%x1e)';

/** Reads `git log -z` with `HISTORY_FORMAT`, newest first. */
export function parseHistory(output: string): readonly DeliveryCommit[] {
  return output
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [commit = '', seconds = '', subject = '', body = '', trailers = ''] =
        entry.split(FIELD);
      return {
        commit,
        atMs: Number(seconds) * 1000,
        subject,
        body,
        trailers: parseTrailers(trailers),
      };
    });
}

function parseTrailers(text: string): DeliveryCommit['trailers'] {
  return text.split('\u001e').flatMap((line) => {
    const colon = line.indexOf(': ');
    return colon < 0 ? [] : [{ key: line.slice(0, colon), value: line.slice(colon + 2) }];
  });
}
