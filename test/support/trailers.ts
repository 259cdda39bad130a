/** Reads a message's trailers as Git would; a test elsewhere compares the writer with Git itself. */
export function parseTrailers(message: string): readonly { key: string; value: string }[] {
  const paragraphs = message.trimEnd().split(/\n\n+/);
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : '';
  return last.split('\n').flatMap((line) => {
    const match = /^([A-Za-z0-9-]+): (.*)$/.exec(line);
    return match === null ? [] : [{ key: match[1] ?? '', value: match[2] ?? '' }];
  });
}
