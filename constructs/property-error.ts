/** A property that is wrong by itself: which one, what it is, and what to write instead. */
export class PropertyError extends Error {
  override readonly name = 'PropertyError';
  readonly property: string;
  readonly value: unknown;

  constructor(property: string, value: unknown, rule: string, remedy: string) {
    super(`${property} is ${show(value)}, but ${rule}: ${remedy}`);
    this.property = property;
    this.value = value;
  }
}

function show(value: unknown): string {
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value);
}

export interface WholeRange {
  readonly min: number;
  readonly max: number;
}

/** Whole numbers only: Flagger's definition lets fractions in, and its reader breaks on them. */
export function requireWhole(property: string, value: number, { min, max }: WholeRange): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const rule = `it must be a whole number from ${min} to ${max}`;
  throw new PropertyError(property, value, rule, `write for example ${property}: ${min}`);
}

/** An object name that still fits where `-primary` is added: a DNS label of at most 55 letters. */
const TRACK_NAME = /^[a-z]([-a-z0-9]{0,53}[a-z0-9])?$/;

/**
 * Names of Services and Deployments, of which a `-primary` twin is made.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export function requireTrackName(property: string, value: string): void {
  if (TRACK_NAME.test(value)) return;
  const rule = 'it must start with a letter, hold only a-z, 0-9 and -, and have at most 55 letters';
  throw new PropertyError(property, value, rule, 'choose a shorter or plainer name');
}

/** A whole address, so that nobody has to guess the scheme. */
export function requireAddress(property: string, value: string, schemes = /^https?:$/): void {
  if (URL.canParse(value) && schemes.test(new URL(value).protocol)) return;
  const rule = 'it must be a whole http or https address';
  throw new PropertyError(property, value, rule, 'write for example https://metrics.example');
}

export function requireText(property: string, value: string): void {
  if (value.trim() !== '') return;
  throw new PropertyError(property, value, 'it must not be empty', `write a ${property}`);
}
