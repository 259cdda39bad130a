import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Manifest, manifestYaml } from '../../constructs/index.ts';
import { parseManifestYaml } from '../../constructs/manifest-yaml.ts';

function withData(data: Record<string, unknown>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data };
}

/** Texts that some version of YAML takes for something else than a text. */
const TRAPS = {
  word: ['yes', 'No', 'on', 'y', 'n', 'true', 'NULL', '~', ''],
  number: [
    '0644',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1:30',
    '1e3',
    '.5',
    '1.',
    '.inf',
    '.NaN',
    '-0',
  ],
  date: ['2026-01-01', '2026-01-01T00:00:00Z'],
  sign: [
    '-',
    '?',
    '=',
    '<<',
    '*a',
    '&a',
    '!a',
    '{a',
    '[a',
    '%a',
    '@a',
    '`a',
    '"',
    "'",
    '#a',
    '- a',
  ],
  inside: [' a', 'a ', 'a #b', 'a: b', 'a:', ': a', 'tab\there', '\u0085', '\uFEFFa'],
  lines: ['one\ntwo\n', 'one\n\n', '\n', '---', '...'],
};

/** Keys that Kubernetes lets people choose, and some that YAML would like to read as values. */
const ConfigKey = fc.oneof(fc.stringMatching(/^[-._a-zA-Z0-9]{1,12}$/), fc.constantFrom('on', '1'));

describe('manifestYaml', () => {
  it('sorts keys, so that equal objects give equal bytes', () => {
    const one = manifestYaml(withData({ b: '1', a: { d: 1, c: 2 } }));
    const other = manifestYaml(withData({ a: { c: 2, d: 1 }, b: '1' }));
    expect(one).toBe(other);
    const lines = ['data:', '  a:', '    c: 2', '    d: 1', '  b: "1"', 'kind: ConfigMap'];
    expect(one).toBe(['apiVersion: v1', ...lines, 'metadata:', '  name: a', ''].join('\n'));
  });

  it('writes no anchors, however often an object is used', () => {
    const shared = { app: 'reviews' };
    expect(manifestYaml(withData({ a: shared, b: shared }))).not.toMatch(/[&*]/);
  });

  it('does not fold long lines, which would make a diff of one word a diff of many lines', () => {
    const text = manifestYaml(withData({ command: 'word '.repeat(100).trim() }));
    expect(text.split('\n').filter((line) => line.includes('word'))).toHaveLength(1);
  });

  it('leaves out what is undefined', () => {
    expect(manifestYaml(withData({ a: undefined }))).toBe(manifestYaml(withData({})));
  });

  it.each(Object.values(TRAPS).flat())(
    'keeps the text %j a text, for readers of YAML 1.1 and of 1.2',
    (text) => {
      const written = manifestYaml(withData({ key: text, list: [text] }));
      const expected = withData({ key: text, list: [text] });
      expect(parseManifestYaml(written)).toEqual(expected);
      expect(parse(written, { version: '1.1' })).toEqual(expected);
      expect(parse(written, { version: '1.2' })).toEqual(expected);
    },
  );

  it('is read back as the same object, whatever a key holds', () => {
    fc.assert(
      fc.property(fc.dictionary(ConfigKey, fc.jsonValue()), (data) => {
        const text = JSON.stringify(data);
        // YAML 1.1 merges maps by this key, and no field of Kubernetes can be called so.
        fc.pre(!text.includes('"<<":'));
        const manifest = withData(JSON.parse(text) as Record<string, unknown>);
        expect(parseManifestYaml(manifestYaml(manifest))).toEqual(manifest);
      }),
    );
  });
});
