import { formatGoFloat, goExponential } from '../../core/go-text.ts';
import { quote } from './quote.ts';
import { kindOf, textOf, type Value } from './value.ts';

const VERB = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?([\s\S]?)/g;

interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/**
 * Go's fmt.Sprintf. What Go would answer with a complaint in the text (`%!d(string=x)`) is refused.
 *
 * @throws RangeError for a verb that does not fit its value, or arguments that do not fit the verbs.
 * @see https://pkg.go.dev/fmt
 */
export function sprintf(format: string, args: readonly Value[]): string {
  let next = 0;
  const take = (): Value => {
    if (next >= args.length) throw new RangeError('printf has fewer arguments than verbs');
    next += 1;
    return args[next - 1] ?? null;
  };
  const size = (text: string | undefined): number | undefined =>
    text === '*' ? starred(take()) : text === undefined ? undefined : Number(text);
  const text = format.replaceAll(
    VERB,
    (whole, flags: string, wide: string | undefined, precise: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const width = size(wide);
      const precision = whole.includes('.') ? (size(precise) ?? 0) : undefined;
      return pad(convert(verb, take(), { flags, width, precision }), flags, width);
    },
  );
  if (next < args.length) throw new RangeError('printf has more arguments than verbs');
  return text;
}

const SIZE_MAX = 1_000;

function starred(value: Value): number {
  if (typeof value === 'bigint' && value >= 0n && value <= SIZE_MAX) return Number(value);
  throw new RangeError(`* needs a whole number up to ${SIZE_MAX}`);
}

function convert(verb: string, value: Value, { flags, precision }: Directive): string {
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const isFlagged = flags.includes('#') || (!(isNumber && verb !== 'v') && /[+ ]/.test(flags));
  const text = isFlagged ? undefined : converted(verb, value, precision);
  if (text === undefined) {
    const shown = verb === '' ? '% at the end of the format' : `%${flags}${verb}`;
    throw new RangeError(`printf cannot write ${kindOf(value)} with ${shown}`);
  }
  return isNumber ? signed(text, flags) : text;
}

/** Nothing for a verb that does not fit the value. */
function converted(verb: string, value: Value, precision: number | undefined): string | undefined {
  if (verb === 't') return typeof value === 'boolean' ? String(value) : undefined;
  if (typeof value === 'string') {
    if (verb === 's' || verb === 'v') return cut(value, precision);
    return verb === 'q' ? quote(cut(value, precision)) : undefined;
  }
  if (typeof value === 'number') return float(verb === 'v' ? 'g' : verb, value, precision);
  if (typeof value === 'bigint' && precision === undefined)
    return integer(verb === 'v' ? 'd' : verb, value);
  return verb === 'v' && typeof value !== 'bigint' ? textOf(value) : undefined;
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

const RADIXES: Readonly<Record<string, number>> = { d: 10, b: 2, o: 8, x: 16, X: 16 };

function integer(verb: string, value: bigint): string | undefined {
  const radix = RADIXES[verb];
  if (radix === undefined) return undefined;
  const digits = value.toString(radix);
  return verb === 'X' ? digits.toUpperCase() : digits;
}

function float(verb: string, value: number, precision: number | undefined): string | undefined {
  if (!Number.isFinite(value)) return formatGoFloat(value);
  switch (verb) {
    case 'f':
    case 'F':
      return value.toFixed(precision ?? 6);
    case 'e':
      return goExponential(value.toExponential(precision ?? 6));
    case 'E':
      return goExponential(value.toExponential(precision ?? 6)).toUpperCase();
    case 'g':
    case 'G': {
      const rounded = precision === undefined ? value : Number(value.toPrecision(precision || 1));
      const text = formatGoFloat(rounded, precision === undefined ? undefined : precision || 1);
      return verb === 'G' ? text.toUpperCase() : text;
    }
    default:
      return undefined;
  }
}

function signed(digits: string, flags: string): string {
  if (/^[+-]/.test(digits)) return digits;
  if (flags.includes('+')) return `+${digits}`;
  return flags.includes(' ') ? ` ${digits}` : digits;
}

function pad(text: string, flags: string, width: number | undefined): string {
  const missing = (width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (missing > SIZE_MAX) throw new RangeError(`printf pads to ${SIZE_MAX} at the most`);
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+-](?=\d)/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
