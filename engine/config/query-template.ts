import { evaluateTemplate, type Functions } from './go-template/evaluate.ts';
import { BUILTIN_NAMES } from './go-template/functions.ts';
import { parseTemplate } from './go-template/parse.ts';
import { TemplateError } from './go-template/template-error.ts';

/** What a query may ask about the canary it is rendered for. */
export interface QueryModel {
  readonly name: string;
  readonly namespace: string;
  readonly target: string;
  /** The apex. */
  readonly service: string;
  readonly ingress: string;
  readonly route: string;
  readonly interval: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface QueryMistake {
  readonly message: string;
  /** Of the query, from 1. */
  readonly line: number;
  /** The key of `templateVariables` that is missing, where that is all. */
  readonly missing?: string;
}

export type RenderedQuery = { readonly query: string } | { readonly mistake: QueryMistake };

const MODEL_NAMES: readonly (keyof QueryModel)[] = [
  'name',
  'namespace',
  'target',
  'service',
  'ingress',
  'route',
  'interval',
  'variables',
];
const FUNCTION_NAMES = new Set([...MODEL_NAMES, ...BUILTIN_NAMES]);

/** What is wrong with a query whoever it is rendered for. */
export function queryMistake(template: string): QueryMistake | undefined {
  try {
    parseTemplate(template, FUNCTION_NAMES);
    return undefined;
  } catch (error) {
    return mistakeOf(error, template);
  }
}

/**
 * A query as it is sent, or what keeps it from being one: there is nothing in between. White space
 * around it is left out, as it means nothing to any server.
 */
export function renderQuery(template: string, model: QueryModel): RenderedQuery {
  const { variables, ...texts } = model;
  const functions: Functions = { ...texts, variables: new Map(Object.entries(variables)) };
  try {
    const query = evaluateTemplate(parseTemplate(template, FUNCTION_NAMES), functions).trim();
    return query === '' ? { mistake: { message: 'it renders to nothing', line: 1 } } : { query };
  } catch (error) {
    return { mistake: mistakeOf(error, template) };
  }
}

function mistakeOf(error: unknown, template: string): QueryMistake {
  if (!(error instanceof TemplateError)) throw error;
  const line = template.slice(0, error.offset).split('\n').length;
  const { message, missing } = error;
  return { message, line, ...(missing === undefined ? {} : { missing }) };
}
