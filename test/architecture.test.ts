import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The rules of the tree, kept by a test: who may import whom, and how large a thing may get. */

const ROOT = join(import.meta.dirname, '..');

/** Folder → what its files may import: other folders of the tree, and packages by name. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  imports: ['cdk8s', 'constructs'],
  constructs: ['imports', 'cdk8s', 'cdk8s-plus-28', 'constructs', 'yaml', '@noble/hashes'],
  'engine/core': [
    'constructs/canary-spec.ts',
    'constructs/cell-names.ts',
    'constructs/delivery-layers.ts',
    'constructs/manifest.ts',
    '@noble/hashes',
  ],
  'engine/render': ['engine/core', 'constructs', 'yaml', 'zod', 'lru-cache'],
  'engine/ports': ['engine/core', 'constructs/canary-spec.ts', 'constructs/delivery-layers.ts'],
  'engine/config': [
    'engine/core',
    'engine/ports',
    'engine/render',
    'constructs',
    'zod',
    'yaml',
    'fastest-levenshtein',
    're2js',
  ],
  'engine/controller': [
    'engine/core',
    'engine/render',
    'engine/ports',
    'engine/config',
    'constructs',
    'p-map',
  ],
  'engine/adapters': [
    'engine/ports',
    'engine/core',
    'constructs',
    'node',
    'simple-git',
    'jose',
    'sshpk',
    'openpgp',
    '@kubernetes/client-node',
    '@aws-sdk/client-cloudwatch',
    'csv-parse',
    'eventsource-parser',
    'lru-cache',
    'prom-client',
    'undici',
    'zod',
  ],
  'engine/playground': [
    'engine/ports',
    'engine/core',
    'constructs',
    'node',
    'yaml',
    'autocannon',
    'prom-client',
  ],
  'engine/cli': ['*'],
  'engine/main.ts': ['*'],
  'engine/engine.ts': ['engine/controller', 'engine/config', 'engine/ports'],
  'engine/wiring': ['*'],
};

const LINES_MAX = 300;
const FUNCTION_LINES_MAX = 70;

interface SourceText {
  readonly path: string;
  readonly text: string;
}

function sourcesBelow(folder: string): readonly SourceText[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const engine = sourcesBelow('engine');
const constructs = sourcesBelow('constructs');
const imports = sourcesBelow('imports');
const written = [...engine, ...constructs];

function importsOf({ path, text }: SourceText): readonly string[] {
  const specifiers = [...text.matchAll(/(?:from|import) '([^']+)'|import\('([^']+)'\)/g)];
  return specifiers.map((match) => {
    const specifier = match[1] ?? match[2] ?? '';
    if (specifier.startsWith('node:')) return 'node';
    if (!specifier.startsWith('.')) return specifier;
    return normalize(join(dirname(path), specifier));
  });
}

function roomOf(path: string): string {
  const rooms = Object.keys(ARROWS).filter((room) => path === room || path.startsWith(`${room}/`));
  return rooms.toSorted((a, b) => b.length - a.length)[0] ?? 'no room';
}

describe('the arrows between the folders', () => {
  it.each([...written, ...imports].map((source) => [source.path, source] as const))(
    '%s imports only what its folder may know',
    (path, source) => {
      const room = roomOf(path);
      const allowed = ARROWS[room] ?? [];
      const strangers = importsOf(source).filter(
        (name) =>
          !allowed.includes('*') &&
          !name.startsWith(`${room}/`) &&
          !allowed.some((one) => name === one || name.startsWith(`${one}/`)),
      );
      expect(strangers).toEqual([]);
    },
  );

  it('lead no adapter family to another', () => {
    const families = engine.filter(({ path }) => path.startsWith('engine/adapters/'));
    for (const source of families) {
      const family = dirname(source.path);
      const others = importsOf(source).filter(
        (name) => name.startsWith('engine/adapters/') && !name.startsWith(`${family}/`),
      );
      expect(others, source.path).toEqual([]);
    }
  });

  it('lead nobody to the files that wire everything together', () => {
    const wiring = ['engine/main.ts', 'engine/cli/main.ts'];
    for (const source of written.filter(({ path }) => !path.startsWith('engine/cli/'))) {
      expect(
        importsOf(source).filter((name) => wiring.includes(name)),
        source.path,
      ).toEqual([]);
    }
  });
});

describe('sizes', () => {
  it.each(written.map(({ path, text }) => [path, text] as const))(
    `%s has at most ${LINES_MAX} lines`,
    (_, text) => {
      expect(text.split('\n').length).toBeLessThanOrEqual(LINES_MAX + 1);
    },
  );

  it(`no function has more than ${FUNCTION_LINES_MAX} lines`, () => {
    expect(written.flatMap(longFunctions)).toEqual([]);
  });
});

/** Formatted code closes a function at the indentation it was opened with. */
function longFunctions({ path, text }: SourceText): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const opening = /^(\s*)(export )?(async )?(function\*? \w+|(?:static |readonly |#)?\w+\(.*\{$)/;
    const match = opening.exec(line);
    if (match === null || /^\s*(if|for|while|switch|catch|return)\b/.test(line)) return [];
    const closings = [`${match[1]}}`, `${match[1]}},`];
    const end = lines.findIndex((other, at) => at > start && closings.includes(other));
    return end - start + 1 > FUNCTION_LINES_MAX ? [`${path}:${start + 1}`] : [];
  });
}

describe('habits', () => {
  it('ports are types only and small', () => {
    for (const { path, text } of engine.filter((source) =>
      source.path.startsWith('engine/ports/'),
    )) {
      expect(text, path).not.toMatch(/^export (const|function|class)/m);
      for (const body of text.matchAll(/export interface \w+ \{\n([^}]*)\n\}/g)) {
        const methods = (body[1] ?? '').match(/^ {2}\w+\(/gm) ?? [];
        expect(methods.length, path).toBeLessThanOrEqual(7);
      }
    }
  });

  it('only the wiring reads the process', () => {
    const readers = engine.filter(({ text }) => /\bprocess\.(env|argv|exit|cwd)\b/.test(text));
    const allowed = /^engine\/(main|cli\/(main|bin)|playground\/pod-server)\.ts$/;
    expect(readers.map(({ path }) => path).filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('nothing in the engine pushes by force', () => {
    const pushes = engine.flatMap(({ path, text }) =>
      [...text.matchAll(/\[[^\]]*['"]push['"][^\]]*\]/g)].map(([command]) => ({ path, command })),
    );
    expect(pushes).not.toEqual([]);
    expect(pushes.filter(({ command }) => /force|'-f'|'\+/.test(command))).toEqual([]);
  });

  it('every exported name is used outside its file, or is part of the public API', () => {
    const everything = [...written, ...sourcesBelow('test'), ...sourcesBelow('bench')];
    const unused = engine.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)]
        .map((match) => match[1] ?? '')
        .filter(
          (name) => !everything.some((other) => other.path !== path && other.text.includes(name)),
        )
        .map((name) => `${path}: ${name}`),
    );
    expect(unused).toEqual([]);
  });

  it('every file of the core has its twin among the tests, unless it only declares types', () => {
    const tests = new Set(sourcesBelow('test').map(({ path }) => relative('test', path)));
    const behaving = engine.filter(
      ({ path, text }) => path.startsWith('engine/core/') && /^export function/m.test(text),
    );
    const partOfDecide = [
      'conditions',
      'decide-analysis',
      'decide-promotion',
      'decide-rest',
      'decide-rollout',
      'decision',
      'errors',
      'phase',
      'questions',
      'record',
      'rollout',
    ];
    const covered = new Set(partOfDecide.map((name) => `engine/core/${name}.ts`));
    const missing = behaving
      .map(({ path }) => path)
      .filter((path) => !covered.has(path) && !tests.has(path.replace(/\.ts$/, '.test.ts')));
    expect(missing).toEqual([]);
  });
});
