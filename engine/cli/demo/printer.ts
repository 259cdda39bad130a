import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';

/** Prints lines, and remembers them for a picture of the whole. */
export interface Printer {
  line(text: string): void;
  /** Everything that was printed, as an SVG. */
  picture(): string;
}

export function printer(out: (text: string) => void): Printer {
  const lines: string[] = [];
  return {
    line(text) {
      lines.push(...text.split('\n'));
      out(picocolors.isColorSupported ? text : stripVTControlCharacters(text));
    },
    picture: () => picture(lines),
  };
}

const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 7.8;
const MARGIN = 16;
const COLUMNS_MAX = 200;

/** The terminal's colours by their codes: bold, dim, red, green, yellow. */
const STYLES: Readonly<Record<string, string>> = {
  '1': 'font-weight="bold" fill="#e6edf3"',
  '2': 'fill="#7d8590"',
  '31': 'fill="#ff7b72"',
  '32': 'fill="#7ee787"',
  '33': 'fill="#e3b341"',
};

function picture(lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(Math.min(columns, COLUMNS_MAX) * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  const texts = lines.map((line, index) => {
    const y = MARGIN + (index + 0.75) * LINE_HEIGHT;
    return `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans(line)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#c9d1d9">`,
    '<rect width="100%" height="100%" rx="8" fill="#0d1117"/>',
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}

/** Coloured runs of a line; every code holds until the next one. */
function spans(line: string): string {
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  const parts = line.split(/\u001b\[(\d+)m/);
  return parts
    .map((part, index) => {
      if (index % 2 === 1 || part === '') return '';
      const style = STYLES[parts[index - 1] ?? ''];
      return style === undefined ? escaped(part) : `<tspan ${style}>${escaped(part)}</tspan>`;
    })
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
