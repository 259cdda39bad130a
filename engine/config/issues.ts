import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Problem, SourceLocation } from '../core/errors.ts';
import { isUnsupported } from './canary/fields.ts';
import { isWithheld } from './secret-address.ts';

export interface IssueContext {
  /** What was read, to tell a missing field from a wrong one. */
  readonly input: unknown;
  /** Every field that could be meant, for suggestions. */
  readonly known: readonly string[];
  readonly locate: (field: readonly PropertyKey[]) => SourceLocation;
}

/** Everything a schema finds wrong, as problems with file, line and field path. */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  context: IssueContext,
): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownField([...issue.path, key], key, context));
    }
    const location = context.locate(issue.path);
    const field = location.field ?? 'the document';
    const value = valueAt(context.input, issue.path);
    if (isUnsupported(issue)) {
      return [problem('unsupported-field', `${field} is not supported yet`, 'remove it', location)];
    }
    if (
      issue.code === 'invalid_union' &&
      issue.discriminator !== undefined &&
      value !== undefined
    ) {
      const message = `${field} is ${show(value)}, which is not known`;
      return [problem('unknown-provider', message, issue.message, location)];
    }
    if (isWithheld(issue)) {
      return [problem('invalid-field', `${field} ${issue.message}`, `correct ${field}`, location)];
    }
    if (value === undefined) {
      return [problem('missing-field', `${field} is missing`, `write ${field}`, location)];
    }
    const message = `${field} is ${show(value)}: ${issue.message}`;
    return [problem('invalid-field', message, remedyFor(issue, field), location)];
  });
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text, in quotes where it looks like something else',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** Says what to write where the schema knows it; what the message says already is not said twice. */
function remedyFor(issue: z.core.$ZodIssue, field: string): string {
  const kind = issue.code === 'invalid_type' ? KINDS[issue.expected] : undefined;
  return kind === undefined ? `correct ${field}` : `write ${kind}`;
}

/** In the order of files and lines. */
export function byPlace({ location: a }: Problem, { location: b }: Problem): number {
  if (a?.file !== b?.file) return (a?.file ?? '') < (b?.file ?? '') ? -1 : 1;
  return (a?.line ?? 0) - (b?.line ?? 0);
}

function unknownField(
  path: readonly PropertyKey[],
  key: string,
  { known, locate }: IssueContext,
): Problem {
  const nearest = known.length === 0 ? undefined : closest(key, [...known]);
  const isNear = nearest !== undefined && distance(key, nearest) <= Math.max(2, key.length / 3);
  const remedy = spellingRemedy(key, isNear ? nearest : undefined);
  const location = locate(path);
  return problem(
    'unknown-field',
    `${location.field ?? key} is not a known field`,
    remedy,
    location,
  );
}

/** A field that exists elsewhere is spelled well. */
function spellingRemedy(key: string, near: string | undefined): string {
  if (near === key) return 'remove it: it has no meaning here';
  return near === undefined ? 'remove it, or correct its spelling' : `did you mean ${near}?`;
}

function problem(
  code: ErrorCode,
  message: string,
  remedy: string,
  location: SourceLocation,
): Problem {
  return { code, message, remedy, location };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    input,
  );
}

const SHOWN_LENGTH_MAX = 60;

/** The actual value, bounded. JSON has no word for what is no finite number. */
export function show(value: unknown): string {
  const isOdd = typeof value === 'number' && !Number.isFinite(value);
  const text = (isOdd ? undefined : JSON.stringify(value)) ?? String(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}

/** The names of all fields of a schema, at any depth. */
export function fieldNames(schema: z.core.$ZodType): readonly string[] {
  const names = new Set<string>();
  collectFields(schema, names);
  return [...names];
}

function collectFields(schema: z.core.$ZodType, names: Set<string>): void {
  const { def } = schema._zod as unknown as {
    def: {
      shape?: Readonly<Record<string, z.core.$ZodType>>;
      innerType?: z.core.$ZodType;
      element?: z.core.$ZodType;
      options?: readonly z.core.$ZodType[];
      in?: z.core.$ZodType;
      valueType?: z.core.$ZodType;
    };
  };
  for (const [name, field] of Object.entries(def.shape ?? {})) {
    names.add(name);
    collectFields(field, names);
  }
  for (const option of def.options ?? []) collectFields(option, names);
  for (const inner of [def.innerType, def.element, def.in, def.valueType]) {
    if (inner !== undefined) collectFields(inner, names);
  }
}
