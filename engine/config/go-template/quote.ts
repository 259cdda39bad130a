import { TemplateError } from './template-error.ts';

const ESCAPED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const UNESCAPED = new Map(
  Object.entries(ESCAPED)
    .filter(([letter]) => letter !== "'")
    .map(([letter, character]) => [character, `\\${letter}`]),
);

/** What a Go string literal says, from what stands between its quotes. */
export function unquote(text: string, offset: number): string {
  const escape =
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"])|(.?))/gsu;
  return text.replaceAll(
    escape,
    (
      whole,
      byte?: string,
      short?: string,
      long?: string,
      octal?: string,
      letter?: string,
    ): string => {
      if (letter !== undefined) return ESCAPED[letter] ?? letter;
      const hex = byte ?? short ?? long;
      const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
      const isByte = byte !== undefined || octal !== undefined;
      if (code <= (isByte ? 0x7f : 0x10ffff)) return String.fromCodePoint(code);
      throw new TemplateError(`${whole} is not an escape that is understood in a string`, offset);
    },
  );
}

/** A string as Go's %q writes it. */
export function quote(text: string): string {
  const quoted = text.replaceAll(/["\\]|(?! )[\p{C}\p{Z}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x80) return UNESCAPED.get(character) ?? `\\x${hex.padStart(2, '0')}`;
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${quoted}"`;
}
