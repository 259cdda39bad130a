import fc from 'fast-check';

/** Texts that parsers trip over: syntax of YAML, JSON, trailers and numbers, and strange characters. */
const STRANGE = ['\0', '\r\n', '\n', '\t', ' ', '\u2028', '\ud800', '\ufeff', '\u001f', '\u001e'];
const MARKS = [
  ...Array.from(':?-|>&*#%@`,=~{}[]"\'\\'),
  ': ',
  '<<: *a',
  '!!binary ',
  '!!js/function ',
  '---\n',
];
const VALUES = ['0', '-1', '101', '2.5', '1e309', 'NaN', '.inf', '0x1F', '010', '9'.repeat(20)];
const WORDS = ['true', 'null', 'yes', '__proto__', 'constructor', 'toString', '../', '%00', '{{'];
const SPLINTERS = [...STRANGE, ...MARKS, ...VALUES, ...WORDS];

type Edit =
  | { readonly kind: 'insert'; readonly at: number; readonly text: string }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly to: number };

const position = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.integer({ min: 1, max: 40 });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: position,
    text: fc.oneof(fc.constantFrom(...SPLINTERS), fc.string({ maxLength: 12, unit: 'binary' })),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: position, length }),
  fc.record({ kind: fc.constant('repeat' as const), at: position, length, to: position }),
);

/** Texts that were in order once: a few edits away from one of these, or (rarely) anything at all. */
export function damaged(whole: readonly string[]): fc.Arbitrary<string> {
  const edited = fc
    .tuple(fc.constantFrom(...whole), fc.array(edit, { minLength: 1, maxLength: 8 }))
    .map(([text, edits]) => edits.reduce(apply, text));
  return fc.oneof({ weight: 9, arbitrary: edited }, { weight: 1, arbitrary: fc.string() });
}

function apply(text: string, change: Edit): string {
  const at = Math.floor(change.at * text.length);
  switch (change.kind) {
    case 'insert':
      return text.slice(0, at) + change.text + text.slice(at);
    case 'remove':
      return text.slice(0, at) + text.slice(at + change.length);
    case 'repeat': {
      const to = Math.floor(change.to * text.length);
      return text.slice(0, to) + text.slice(at, at + change.length) + text.slice(to);
    }
  }
}
