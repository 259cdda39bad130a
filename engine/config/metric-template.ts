import { z } from 'zod';
import type { MetricProvider, ObjectName } from '../../constructs/canary-spec.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceObject } from './documents.ts';
import { fieldNames, issueProblems } from './issues.ts';
import { ProviderFile, providerProblems, providerTypeOf } from './metric-provider.ts';
import { namespaceOf } from './object-names.ts';
import { queryMistake } from './query-template.ts';

const MetricTemplateFile = z.strictObject({
  apiVersion: z.literal('flagger.app/v1beta1'),
  kind: z.literal('MetricTemplate'),
  metadata: z.looseObject({ name: z.string() }),
  status: z.unknown().optional(),
  spec: z.strictObject({
    provider: ProviderFile,
    query: z.string().min(1),
  }),
});

const KNOWN_FIELDS = fieldNames(MetricTemplateFile);

/** A MetricTemplate of the source that a metric can refer to. */
export interface MetricTemplate {
  readonly name: ObjectName;
  readonly provider: MetricProvider;
  /** Still to be rendered. */
  readonly query: string;
}

/** By `namespace/name`; one with mistakes is there, but of no use. */
export type MetricTemplates = ReadonlyMap<string, MetricTemplate | 'mistaken'>;

export interface ReadTemplates {
  readonly templates: MetricTemplates;
  readonly problems: readonly Problem[];
}

/** Reads every MetricTemplate of the source; each mistake says its line. */
export function readTemplates(objects: readonly SourceObject[]): ReadTemplates {
  const templates = new Map<string, MetricTemplate | 'mistaken'>();
  const problems: Problem[] = [];
  for (const object of objects.filter(isMetricTemplate)) {
    const { metadata } = object.manifest;
    const read = readTemplate(object);
    templates.set(
      `${namespaceOf(object.manifest)}/${metadata.name}`,
      'problems' in read ? 'mistaken' : read,
    );
    if ('problems' in read) problems.push(...read.problems);
  }
  return { templates, problems };
}

function isMetricTemplate({ manifest }: SourceObject): boolean {
  return manifest.kind === 'MetricTemplate' && manifest.apiVersion.startsWith('flagger.app/');
}

function readTemplate(
  object: SourceObject,
): MetricTemplate | { readonly problems: readonly Problem[] } {
  const { manifest, locate } = object;
  const file = MetricTemplateFile.safeParse(manifest);
  if (!file.success) {
    const context = { input: manifest, known: KNOWN_FIELDS, locate };
    return { problems: issueProblems(file.error.issues, context) };
  }
  const { provider, query } = file.data.spec;
  const problems = [...providerProblems(provider, locate), ...queryProblems(query, object)];
  const type = providerTypeOf(provider);
  if (problems.length > 0 || type === undefined) return { problems };
  const { address, region, secretRef, headers = {}, insecureSkipVerify = false } = provider;
  const namespace = namespaceOf(manifest) ?? '';
  return {
    name: { namespace, name: manifest.metadata.name },
    provider: {
      type,
      headers,
      insecureSkipVerify,
      ...(address === undefined || address === '' ? {} : { address }),
      ...(region === undefined ? {} : { region }),
      ...(secretRef === undefined ? {} : { secret: { namespace, name: secretRef.name } }),
    },
    query,
  };
}

function queryProblems(query: string, { locate }: SourceObject): readonly Problem[] {
  const mistake = queryMistake(query);
  if (mistake === undefined) return [];
  const location = locate(['spec', 'query']);
  const message = `spec.query is not understood, in its line ${mistake.line}: ${mistake.message}`;
  const remedy = 'correct the template; docs/configuration.md lists what it can say';
  return [{ code: 'invalid-query', message, remedy, location }];
}
