import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * What was recorded of a real Flagger: the manifests it was given, the script that answered its
 * queries and hooks and that acted as its users, and everything it wrote. `README.md` describes it.
 */

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

const When = z.strictObject({
  /** All that are given must hold at once. */
  phase: z.union([z.string(), z.array(z.string())]).optional(),
  weight: z.number().optional(),
  /** The engine has said so, in any of its messages. */
  log: z.string().optional(),
  /** Seconds after everything else holds, and after the action before. */
  after: z.number().optional(),
});

const Timed = { when: When.default({}), timeout: z.number().optional() };

const Action = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('template'),
    image: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    kind: z.string().default('Deployment'),
    name: z.string().optional(),
    ...Timed,
  }),
  z.strictObject({
    do: z.literal('patch'),
    kind: z.string(),
    name: z.string(),
    patch: z.record(z.string(), z.unknown()),
    sub: z.string().optional(),
    ...Timed,
  }),
  z.strictObject({ do: z.literal('create'), object: Manifest, ...Timed }),
  z.strictObject({ do: z.literal('delete'), kind: z.string(), name: z.string(), ...Timed }),
  z.strictObject({ do: z.literal('vsweights'), canary: z.number(), ...Timed }),
]);

const Entry = z.looseObject({
  /** Seconds since the Canary was created. */
  t: z.number(),
  /** Order of all writes to the cluster; on objects only. */
  rv: z.number().optional(),
  kind: z.string(),
  name: z.string(),
  what: z.union([z.string(), z.record(z.string(), z.unknown())]),
  /** `what` holds the fields that have changed since the last entry of the same object. */
  delta: z.boolean().optional(),
});

const Answers = z.record(z.string(), z.array(z.unknown()));

export const Trace = z.looseObject({
  scenario: z.string(),
  title: z.string(),
  /** In the order of their creation; the last one is the Canary. */
  input: z.array(Manifest).min(1),
  script: z.looseObject({
    metrics: Answers.default({}),
    webhooks: Answers.default({}),
    actions: z.array(Action).default([]),
    until: When,
  }),
  timeline: z.array(Entry),
  finalObjects: z.array(Manifest).default([]),
});

export type Trace = z.infer<typeof Trace>;
export type TraceManifest = z.infer<typeof Manifest>;
export type TraceAction = z.infer<typeof Action>;
export type TraceEntry = z.infer<typeof Entry>;
export type TraceCondition = z.infer<typeof When>;

export interface TraceFile {
  readonly name: string;
  readonly read: { readonly trace: Trace } | { readonly trouble: string };
}

/** Every trace below a folder; a file that is none says why. */
export function readTraces(folder: string): readonly TraceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .toSorted()
    .flatMap((path) => readTrace(path.replace(/\.json$/, ''), join(folder, path)));
}

function readTrace(name: string, path: string): readonly TraceFile[] {
  const json = parseJson(readFileSync(path, 'utf8'));
  if ('trouble' in json) return [{ name, read: json }];
  // A list is no trace: recordings of what an API server admits stand beside them.
  if (Array.isArray(json.value)) return [];
  const parsed = Trace.safeParse(json.value);
  if (parsed.success) return [{ name, read: { trace: parsed.data } }];
  const [issue] = parsed.error.issues;
  const trouble = `not a trace: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  return [{ name, read: { trouble } }];
}

function parseJson(text: string): { readonly value: unknown } | { readonly trouble: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { trouble: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
