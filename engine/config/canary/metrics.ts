import { z } from 'zod';
import type { BuiltinMetric, MetricCheck, MetricRange } from '../../../constructs/canary-spec.ts';
import { formatDuration } from '../../core/duration.ts';
import { InternalError } from '../../core/errors.ts';
import { parseDurationMs } from '../duration.ts';
import { show } from '../issues.ts';
import type { MetricTemplate, MetricTemplates } from '../metric-template.ts';
import { type QueryMistake, type QueryModel, renderQuery } from '../query-template.ts';
import { type Breach, DnsLabel, DurationText, RuleNumber, RuleText } from './fields.ts';

/** `spec.analysis.metrics[]` */
export const MetricFile = z.strictObject({
  name: z.string(),
  interval: DurationText.optional(),
  threshold: z.number().optional(),
  thresholdRange: z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .optional(),
  query: z.string().optional(),
  templateRef: z
    .strictObject({ name: z.string().min(1), namespace: DnsLabel.optional() })
    .optional(),
  templateVariables: z.record(z.string(), z.string()).optional(),
});

type MetricFile = z.infer<typeof MetricFile>;

/** What the queries of one canary can ask about it. */
export type QuerySubject = Omit<QueryModel, 'interval' | 'variables'>;

interface QueryContext {
  readonly subject: QuerySubject;
  readonly templates: MetricTemplates;
}

const BUILTIN_METRICS: readonly BuiltinMetric[] = ['request-success-rate', 'request-duration'];

/** Flagger has no default for a template's interval, and its queries then lack one. */
const DEFAULT_INTERVAL_MS = 60_000;

/** One entry can be several checks: its name, its query and its template are each looked at. */
export function resolveMetric(metric: MetricFile, context: QueryContext): readonly MetricCheck[] {
  const { name, interval: intervalMs = DEFAULT_INTERVAL_MS, query, templateRef } = metric;
  const builtin = builtinOf(name);
  const base = { name, intervalMs, range: resolveRange(metric, 'max') };
  const checks: MetricCheck[] = [];
  if (builtin !== undefined) {
    const range = builtinRange(builtin, metric);
    checks.push({ kind: 'builtin', name: builtin, intervalMs, range });
  }
  if (isWritten(query)) {
    checks.push({ ...base, kind: 'query', query: rendered(query, metric, context) });
  }
  if (templateRef !== undefined) {
    const template = findTemplate(templateRef, context);
    if (template === undefined || template === 'mistaken') {
      throw new InternalError(`the template ${templateRef.name} was refused before`);
    }
    checks.push({
      ...base,
      kind: 'template',
      template: template.name,
      provider: template.provider,
      query: rendered(template.query, metric, context),
    });
  }
  return checks;
}

function rendered(template: string, metric: MetricFile, context: QueryContext): string {
  const { interval: intervalMs, templateVariables } = metric;
  const answer = renderQuery(template, modelOf({ intervalMs, templateVariables }, context));
  if ('query' in answer) return answer.query;
  throw new InternalError(`the query was refused before: ${answer.mistake.message}`);
}

function modelOf(
  metric: {
    readonly intervalMs: number | undefined;
    readonly templateVariables: Readonly<Record<string, string>> | undefined;
  },
  { subject }: QueryContext,
): QueryModel {
  const { intervalMs = DEFAULT_INTERVAL_MS, templateVariables = {} } = metric;
  return { ...subject, interval: formatDuration(intervalMs), variables: templateVariables };
}

function builtinOf(name: string): BuiltinMetric | undefined {
  return BUILTIN_METRICS.find((known) => known === name);
}

/** An empty query is none, as with Flagger. */
function isWritten(query: string | undefined): query is string {
  return query !== undefined && query !== '';
}

function findTemplate(
  { name, namespace }: NonNullable<MetricFile['templateRef']>,
  { subject, templates }: QueryContext,
): MetricTemplate | 'mistaken' | undefined {
  return templates.get(`${namespace ?? subject.namespace}/${name}`);
}

/** The old `threshold` counts only where there is no range. */
function resolveRange(
  { thresholdRange, threshold = 0 }: MetricFile,
  bound: 'min' | 'max',
): MetricRange {
  if (thresholdRange === undefined) return { [bound]: threshold };
  const { min, max } = thresholdRange;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

/** It is a minimum for the success rate; durations are bounded by whole milliseconds. */
function builtinRange(name: BuiltinMetric, metric: MetricFile): MetricRange {
  if (name === 'request-success-rate') return resolveRange(metric, 'min');
  const { min, max } = resolveRange(metric, 'max');
  return {
    ...(min === undefined ? {} : { min: Math.trunc(min) }),
    ...(max === undefined ? {} : { max: Math.trunc(max) }),
  };
}

export const MetricRules = z
  .object({
    name: RuleText,
    interval: RuleText,
    query: RuleText,
    templateRef: z
      .object({ name: z.string(), namespace: z.string().optional() })
      .optional()
      .catch(undefined),
    templateVariables: z.record(z.string(), z.string()).optional().catch(undefined),
    thresholdRange: z.object({ min: RuleNumber, max: RuleNumber }).optional().catch(undefined),
  })
  .catch({});

type MetricRules = z.infer<typeof MetricRules>;

/** Fields and messages of the functions below are those within one entry of the list. */
export function metricBreaches(
  metric: MetricRules,
  index: number,
  context: QueryContext,
): readonly Breach[] {
  const at = (breach: Breach): Breach => ({
    ...breach,
    field: ['spec', 'analysis', 'metrics', index, ...breach.field],
    message: `spec.analysis.metrics[${index}]${breach.message}`,
  });
  const { query, templateRef } = metric;
  return [
    ...sourceBreaches(metric),
    ...rangeBreaches(metric),
    ...(isWritten(query) ? queryBreaches(query, metric, context, 'query') : []),
    ...(templateRef === undefined ? [] : templateBreaches(templateRef, metric, context)),
  ].map(at);
}

function sourceBreaches({ name, query, templateRef }: MetricRules): readonly Breach[] {
  if (name === undefined || isWritten(query) || templateRef !== undefined) return [];
  if (builtinOf(name) !== undefined) return [];
  const message = `.name is ${show(name)}, which is not a built-in metric, and neither query nor templateRef is written`;
  const remedy = `write templateRef or query, or use one of: ${BUILTIN_METRICS.join(', ')}`;
  return [{ code: 'unknown-metric', field: ['name'], message, remedy }];
}

function rangeBreaches({ thresholdRange: { min, max } = {} }: MetricRules): readonly Breach[] {
  if (min === undefined || max === undefined || min <= max) return [];
  const message = `.thresholdRange has min ${min} above max ${max}: no value keeps to both`;
  const remedy = 'correct one of the two';
  return [{ code: 'invalid-field', field: ['thresholdRange'], message, remedy }];
}

function templateBreaches(
  templateRef: NonNullable<MetricFile['templateRef']>,
  metric: MetricRules,
  context: QueryContext,
): readonly Breach[] {
  const template = findTemplate(templateRef, context);
  const { name, namespace = context.subject.namespace } = templateRef;
  if (template !== undefined && template !== 'mistaken') {
    return queryBreaches(template.query, metric, context, `MetricTemplate ${namespace}/${name}`);
  }
  const [what, remedy] =
    template === 'mistaken'
      ? ['which has mistakes of its own', 'correct the MetricTemplate']
      : ['which the source does not hold', 'put it beside the Canary, or correct templateRef'];
  const message = `.templateRef names MetricTemplate ${namespace}/${name}, ${what}`;
  return [{ code: 'template-unusable', field: ['templateRef', 'name'], message, remedy }];
}

function queryBreaches(
  query: string,
  metric: MetricRules,
  context: QueryContext,
  whose: string,
): readonly Breach[] {
  const intervalMs = parseDurationMs(metric.interval ?? '');
  const { templateVariables } = metric;
  const answer = renderQuery(query, modelOf({ intervalMs, templateVariables }, context));
  return 'query' in answer ? [] : [mistakeBreach(answer.mistake, whose)];
}

function mistakeBreach({ message, line, missing }: QueryMistake, whose: string): Breach {
  const isOwn = whose === 'query';
  const where = `${isOwn ? '.query' : `: the query of ${whose}`}, in its line ${line}`;
  return {
    code: 'invalid-query',
    field: [missing !== undefined ? 'templateVariables' : isOwn ? 'query' : 'templateRef'],
    message: `${where}: ${message}`,
    remedy:
      missing === undefined
        ? 'correct the query; docs/configuration.md lists what it can say'
        : `add ${missing} to templateVariables`,
  };
}
