import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Problem } from '../core/errors.ts';
import { singleDeliveries } from './deliveries.ts';
import { Delivery, deliveryTroubles, Sync } from './delivery-config.ts';
import { parseDurationMs } from './duration.ts';
import { byPlace, fieldNames, issueProblems } from './issues.ts';
import { LabelOptionsFile } from './label-options.ts';
import { parseListenAddress } from './listen-address.ts';
import { locator } from './locate.ts';
import { Notifications } from './notifications-config.ts';

/** What an operator writes in `serin.yaml`; `docs/configuration.md` explains each field. */
const Duration = z.string().transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  context.addIssue({ code: 'custom', message: `${text} is not a duration such as 10s or 1m` });
  return z.NEVER;
});

const Repository = z.string().min(1);
const Address = z.url({ protocol: /^https?$/ });

const Name = z.string().min(1);

const Cluster = z.discriminatedUnion(
  'provider',
  [
    z.strictObject({ provider: z.literal('playground'), address: Address }),
    z.strictObject({
      provider: z.literal('kubernetes'),
      kubeconfig: z.string().min(1).optional(),
      context: Name.optional(),
      sync: Sync,
      lease: z.strictObject({ namespace: Name, name: Name }).optional(),
    }),
  ],
  { error: 'use one of: playground, kubernetes' },
);

const Listen = z.string().transform((text, context) => {
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: 'it must be an address such as :8080' });
  return z.NEVER;
});

const Folder = z.string().min(1);

/** As Git writes it into a commit: a line break or an angle bracket would begin another field. */
const PersonName = z
  .string()
  .min(1)
  .regex(/^[^<>\n\r\0]*$/, 'a name has no angle brackets and no line breaks');
const Email = z
  .string()
  .min(1)
  .regex(/^[^<>\s\0]*$/, 'an address has no spaces and no angle brackets');

const Commits = z.strictObject({
  name: PersonName.default('Serin'),
  email: Email.default('serin@localhost'),
  committer: z.strictObject({ name: PersonName, email: Email }).optional(),
  coAuthors: z.boolean().default(true),
  signing: z
    .strictObject({
      format: z.enum(['ssh', 'openpgp']),
      key: z.string().min(1),
      passphrase: z.string().min(1).optional(),
    })
    .optional(),
});

/** What becomes of a rejected release where people wrote it. */
const Rollback = z.strictObject({
  source: z.enum(['keep', 'commit', 'branch']).default('keep'),
  rejectedFor: Duration.optional(),
});

const OperatorFile = z.strictObject({
  source: z.union([
    z.strictObject({
      repository: Repository,
      branch: z.string().min(1).default('main'),
      path: z.string().min(1).default('.'),
      credentials: Folder.optional(),
    }),
    z.strictObject({ folder: z.string().min(1) }),
  ]),
  delivery: Delivery,
  git: z.strictObject({ credentials: Folder }).optional(),
  cluster: Cluster.optional(),
  metrics: z.strictObject({ provider: z.string(), address: Address }).optional(),
  commits: Commits.prefault({}),
  rollback: Rollback.prefault({}),
  labels: LabelOptionsFile.prefault({}),
  poll: Duration.default(10_000),
  serve: Listen.optional(),
  notifications: Notifications.prefault({}),
  clock: z
    .strictObject({ speed: z.number().min(0.1).max(1000), anchor: z.iso.datetime() })
    .optional(),
});

/** What no field can tell by itself. */
const CheckedFile = OperatorFile.superRefine(({ source, delivery, cluster, rollback }, context) => {
  const sync = cluster?.provider === 'kubernetes' ? cluster.sync : undefined;
  for (const { path, message } of deliveryTroubles(delivery, sync)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
  if (rollback.source === 'keep' || !('folder' in source)) return;
  const message = `${rollback.source} needs a source in a repository, and this one is a folder`;
  context.addIssue({ code: 'custom', path: ['rollback', 'source'], message });
});

export type OperatorConfig = z.infer<typeof OperatorFile>;
export type ClusterConfig = z.infer<typeof Cluster>;

/** One delivery of a file; without a name it is the only one. */
export interface NamedConfig {
  readonly name: string | undefined;
  readonly config: OperatorConfig;
}

export type LoadedConfigs =
  { readonly configs: readonly NamedConfig[] } | { readonly problems: readonly Problem[] };

/** Reads `serin.yaml`; every problem at once, with its line. */
export function parseOperatorConfigs(text: string, file: string): LoadedConfigs {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const locate = locator(() => document, file, lines);
  if (document.errors.length > 0) {
    const problems = document.errors.map((error): Problem => {
      const { line, col } = lines.linePos(error.pos[0]);
      return {
        code: 'yaml-syntax',
        message: error.message.split('\n', 1)[0] ?? '',
        remedy: 'mend the YAML',
        location: { file, line, column: col },
      };
    });
    return { problems };
  }
  const input = plainValue(document);
  if (input === ALIASED) {
    const message = `${file} uses YAML aliases`;
    const remedy = 'write the values out';
    return { problems: [{ code: 'yaml-alias-limit', message, remedy, location: { file } }] };
  }
  const { deliveries, issues } = singleDeliveries(input);
  const found = [...issues];
  const configs: NamedConfig[] = [];
  for (const { name, input: single, written } of deliveries) {
    const result = CheckedFile.safeParse(single);
    if (result.success) configs.push({ name, config: result.data });
    else {
      found.push(
        ...result.error.issues.map((issue) => ({ ...issue, path: [...written(issue.path)] })),
      );
    }
  }
  if (found.length === 0) return { configs };
  const problems = issueProblems(found, { input, known: KNOWN_FIELDS, locate });
  return { problems: unrepeated(problems).toSorted(byPlace) };
}

/** What is common to all deliveries is wrong once. */
function unrepeated(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

const ALIASED = Symbol('aliased');

function plainValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return ALIASED;
  }
}

const KNOWN_FIELDS = fieldNames(OperatorFile);
