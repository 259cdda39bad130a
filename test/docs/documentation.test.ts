import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ALERT_SERVICES } from '../../constructs/canary-spec.ts';
import { ROUTING_PROVIDERS } from '../../constructs/traffic/traffic.ts';
import { METRICS_PROVIDERS, TEMPLATE_PROVIDERS } from '../../engine/adapters/metrics/registry.ts';
import {
  createFlaggerMetrics,
  createSerinMetrics,
} from '../../engine/adapters/telemetry/metric-set.ts';
import { EXIT } from '../../engine/cli/exit-codes.ts';
import { createProgram } from '../../engine/cli/program.ts';
import { ServiceFile } from '../../engine/config/canary/service.ts';
import { ERROR_CODES } from '../../engine/core/error-codes.ts';

/** Tables in the documentation are checked against the code, so that they cannot lie. */

const read = (...path: readonly string[]) =>
  readFileSync(join(import.meta.dirname, '../..', ...path), 'utf8');

/** The first cells of a document's tables, without their code marks. */
function firstCells(text: string): readonly string[] {
  return [...text.matchAll(/^\| *`?([^|`]+?)`? *\|/gm)].map((match) => match[1] ?? '');
}

it('docs/errors.md has a row for each error code, and no other', () => {
  const rows = firstCells(read('docs', 'errors.md')).filter((cell) =>
    /^[a-z]+(-[a-z]+)+$/.test(cell),
  );
  expect(rows.toSorted()).toEqual([...ERROR_CODES].toSorted());
});

it('every error code is used by the code', () => {
  const folder = join(import.meta.dirname, '../../engine');
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('error-codes.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
  expect(ERROR_CODES.filter((name) => !code.includes(name))).toEqual([]);
});

it('docs/cli.md has a row for each command, with all its options', () => {
  const text = read('docs', 'cli.md');
  const program = createProgram(
    {
      cwd: '/',
      env: {},
      out() {},
      err() {},
      signal: new AbortController().signal,
      openEngine: () => Promise.reject(new Error('not here')),
      openEngines: () => Promise.reject(new Error('not here')),
    },
    () => {},
  );
  const common = ['--config', '--delivery', '--source', '--output'];
  for (const command of program.commands) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`serin ${command.name()}`));
    expect(row, command.name()).toBeDefined();
    for (const { long } of command.options) {
      if (long === undefined || long === null || common.includes(long)) continue;
      expect(row, `${command.name()} ${long}`).toContain(long);
    }
  }
});

it('docs/cli.md has a row for each exit code', () => {
  const rows = firstCells(read('docs', 'cli.md')).filter((cell) => /^\d+$/.test(cell));
  expect(rows.map(Number)).toEqual(Object.values(EXIT));
});

describe('docs/configuration.md', () => {
  it.each(['playground', 'kubernetes', 'flux', 'argocd', ...Object.keys(METRICS_PROVIDERS)])(
    'names the provider %s',
    (provider) => {
      expect(read('docs', 'configuration.md')).toContain(`\`${provider}\``);
    },
  );

  it('has a row for each provider of a MetricTemplate, and no other', () => {
    const [, section = ''] = read('docs', 'configuration.md').split('| `provider.type`');
    const [table = ''] = section.split('\n\n');
    const rows = firstCells(table).filter((cell) => /^[a-z]+$/.test(cell));
    expect(rows).toEqual(Object.keys(TEMPLATE_PROVIDERS));
  });
});

it('the README links only to files that are there', () => {
  const links = [...read('README.md').matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '');
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(read(link).length, link).toBeGreaterThan(0);
});

describe('docs/observability.md', () => {
  const page = read('docs', 'observability.md');
  const rows = [...page.matchAll(/^\| `([^`]+)` *\| ([^|]*?) *\| ([^|]*?) *\|/gm)];

  it('has a row for each metric, with its type and labels', () => {
    const register = new Registry();
    createFlaggerMetrics(register);
    createSerinMetrics(register);
    const written = rows.filter(([, name = '']) => /^(flagger|serin)_/.test(name));
    const metrics = register.getMetricsAsArray().map(metricRow);
    expect(written.map(([, ...cells]) => cells.slice(0, 3))).toEqual(metrics);
  });

  it('has a row for each alert, with its words', () => {
    const code = ['alerts.ts', 'wait-news.ts']
      .map((file) => read('engine', 'controller', file))
      .join('\n');
    const written = rows.filter(([, severity = '']) => /^(info|warn|error)$/.test(severity));
    const messages = written.map(([, , message = '']) => message.replaceAll('`', ''));
    const said = [...code.matchAll(/['`]((?:[A-Z][a-z]+ )[^'`$]*)/g)].map(([, text = '']) => text);
    const alerts = said.filter((text) =>
      /approval\.$|finished\.$|analysis\.$|^(Ro|Fa|Pr|Ho)/.test(text),
    );
    expect(alerts.length).toBeGreaterThan(8);
    for (const text of alerts) {
      expect(
        messages.some((message) => message.startsWith(text.trim())),
        text,
      ).toBe(true);
    }
    expect(messages.length).toBe(13);
  });

  it('has a row for each service that alerts can be sent to', () => {
    const services = rows.map(([, name = '']) => name).filter((name) => /^[a-z]+$/.test(name));
    expect(services).toEqual(expect.arrayContaining([...ALERT_SERVICES]));
  });
});

function metricRow(metric: object): readonly [string, string, string] {
  const { name, labelNames } = metric as { name: string; labelNames: readonly string[] };
  const kinds = { Gauge, Counter, Histogram };
  const kind = Object.entries(kinds).find(([, made]) => metric instanceof made)?.[0] ?? '';
  return [name, kind.toLowerCase(), labelNames.join(', ')];
}

it('docs/routing.md has a row for each option of a service, and no other', () => {
  const [, options = ''] = read('docs', 'routing.md').split('## Options of a service');
  const table = options.split('\n**')[0] ?? '';
  const rows = firstCells(table).filter((cell) => !/^(field|-+)$/.test(cell));
  expect(rows.toSorted()).toEqual(Object.keys(ServiceFile.shape).toSorted());
});

it('docs/routing.md has a row for each routing provider', () => {
  const cells = firstCells(read('docs', 'routing.md'));
  expect(ROUTING_PROVIDERS.filter((provider) => !cells.includes(provider))).toEqual([]);
});
