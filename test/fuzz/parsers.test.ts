import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTORY_FORMAT, parseHistory } from '../../engine/adapters/git/history.ts';
import { pushReport } from '../../engine/adapters/git/push-outcome.ts';
import { parseExposition } from '../../engine/adapters/metrics/exposition.ts';
import { parseDurationMs } from '../../engine/config/duration.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { renderQuery } from '../../engine/config/query-template.ts';
import { parseOperatorConfigs } from '../../engine/config/operator-config.ts';
import { parseInstant } from '../../engine/core/instant.ts';
import { parseLoadCommand } from '../../engine/playground/load-command.ts';
import { formatControl, parseControl } from '../../engine/render/control-file.ts';
import { formatRecord, parseRecord } from '../../engine/render/record-file.ts';
import { formatRejected, parseRejected } from '../../engine/render/rejected-file.ts';
import { aRunningRecord, T0_MS } from '../support/builders.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';
import { damaged } from './mutations.ts';

/**
 * Goal: whatever stands in a file or comes over a wire, a parser answers; it never throws. Method:
 * texts a few edits away from good ones, 100,000 over all parsers; a counterexample is printed
 * shrunk, with the seed that gives it again. `FUZZ_INPUTS=1000000` goes on for longer.
 */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 100_000);

interface Parser {
  /** Texts it takes. */
  readonly whole: readonly string[];
  readonly parse: (text: string) => unknown;
}

const example = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../examples/reviews', name), 'utf8');
const NOBODY = { established: new Set<never>() };

const QUERY_MODEL = {
  name: 'reviews',
  namespace: 'shop',
  target: 'reviews',
  service: 'reviews',
  ingress: 'reviews',
  route: 'reviews',
  interval: '1m',
  variables: { a: 'x', b: '' },
};

const PARSERS: Readonly<Record<string, Parser>> = {
  'the source': {
    whole: [
      `${aCanaryFile()}---\n${aDeploymentFile()}`,
      `${example('canary.yaml')}---\n${example('deployment-v2.yaml')}`,
    ],
    parse: (text) => loadSource([{ path: 'a.yaml', text }], NOBODY),
  },
  'a MetricTemplate': {
    whole: [
      'apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata: { name: a, namespace: b }\nspec:\n  provider: { type: prometheus, address: "http://p:9090", secretRef: { name: s } }\n  query: a{b="{{ target }}"}[{{ interval }}]\n',
    ],
    parse: (text) => loadSource([{ path: 'a.yaml', text }], NOBODY),
  },
  'a query': {
    whole: [
      '{{- $svc := printf "%s-%05.2f" service 1.5 -}}\nsum(x{svc="{{ $svc }}"}[{{ interval }}])',
      '{{ range $k, $v := variables }}{{ if and $v (ne $k "b") }}{{ $k }}={{ $v | urlquery }}{{ else }}{{ break }}{{ end }}{{ end }}',
      '{{ with index variables "a" }}{{ slice . 0 1 }}{{ else with name }}{{ . | printf "%q" }}{{ end }}{{/* c */}}',
    ],
    parse: (text) => renderQuery(text, QUERY_MODEL),
  },
  'serin.yaml': {
    whole: [
      'source: { folder: dist }\ndelivery: { repository: r.git, branch: delivery/prod }\npoll: 5s\n',
      'source: { repository: r, branch: main }\ndelivery: { repository: r, branch: d }\ncluster:\n  provider: kubernetes\n  sync: { provider: flux, name: shop }\nmetrics: { provider: prometheus, address: "http://p:9090" }\n',
    ],
    parse: (text) => parseOperatorConfigs(text, 'serin.yaml'),
  },
  'record.yaml': {
    whole: [formatRecord(aRunningRecord())],
    parse: (text) => parseRecord(text, 'default/reviews'),
  },
  'rejected.yaml': {
    whole: [
      formatRejected([
        { revision: 'two', source: '2'.repeat(40), reason: 'x', rejectedAtMs: T0_MS, attempts: 1 },
      ]),
    ],
    parse: parseRejected,
  },
  'a control file': {
    whole: [
      formatControl({
        paused: true,
        approvals: [{ gate: 'traffic-increase', revision: '4592892071d2', weight: 30 }],
        abort: { revision: '4592892071d2', attempt: 1 },
      }),
    ],
    parse: (text) => parseControl(text, 'control.yaml'),
  },
  'exposed counters': {
    whole: [
      '# TYPE istio_requests_total counter\nistio_requests_total{response_code="200",destination_workload="a\\"b"} 1e3 1767225600000\n',
    ],
    parse: (text) => parseExposition(text, new Set(['istio_requests_total'])),
  },
  'the history': {
    whole: [
      `${'a'.repeat(40)}\u00001767225600\0subject\0body\0Canary: a/b\nWeight: 10\n\0`,
      HISTORY_FORMAT,
    ],
    parse: parseHistory,
  },
  'the answer to a push': {
    whole: [
      'To http://h/r.git\n!\trefs/heads/a:refs/heads/a\t[rejected] (fetch first)\nDone\n',
      'remote: error: GH006: Protected branch update failed for refs/heads/a.\n',
    ],
    parse: (text) =>
      pushReport({ code: 1, stdout: text, stderr: text, timedOut: false, http: undefined }),
  },
  'a load command': {
    whole: ['hey -z 1m -q 10 -c 2 -H "x: y" http://reviews-canary.default:9080/x'],
    parse: parseLoadCommand,
  },
  'a duration': { whole: ['1m30s', '500ms'], parse: parseDurationMs },
  'an instant': { whole: ['2026-01-01T00:00:00.000Z'], parse: parseInstant },
};

describe('no parser throws,', () => {
  it.each(Object.entries(PARSERS))(
    '%s',
    (_, { whole, parse }) => {
      for (const text of whole) expect(() => parse(text)).not.toThrow();
      const inputs = Math.ceil(INPUTS / Object.keys(PARSERS).length);
      fc.assert(
        fc.property(damaged(whole), (text) => {
          parse(text);
        }),
        { numRuns: inputs },
      );
    },
    900_000,
  );
});
