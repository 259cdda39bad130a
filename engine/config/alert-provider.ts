import { z } from 'zod';
import {
  ALERT_SERVICES,
  type AlertProvider,
  type AlertService,
} from '../../constructs/canary-spec.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceObject } from './documents.ts';
import { fieldNames, issueProblems, show } from './issues.ts';
import { namespaceOf } from './object-names.ts';
import { ProxyAddress, SecretAddress } from './secret-address.ts';

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const SecretName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'must be a name: lower case letters, digits, - and .');

/** A Flagger AlertProvider as people write it. */
const AlertProviderFile = z.strictObject({
  apiVersion: z.literal('flagger.app/v1beta1'),
  kind: z.literal('AlertProvider'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  status: z.unknown().optional(),
  spec: z.strictObject({
    type: z.string(),
    channel: z.string().min(1).optional(),
    username: z.string().min(1).optional(),
    proxy: ProxyAddress.optional(),
    address: SecretAddress.optional(),
    secretRef: z.strictObject({ name: SecretName }).optional(),
  }),
});

type Spec = z.infer<typeof AlertProviderFile>['spec'];

const KNOWN_FIELDS = fieldNames(AlertProviderFile);

/** Flagger's, for every service. */
export const ALERT_DEFAULTS = { channel: 'general', username: 'flagger' } as const;

/** The AlertProviders of a source by `namespace/name`: as they are, or what is wrong with them. */
export type AlertProviders = ReadonlyMap<string, AlertProvider | 'faulty'>;

export interface ReadAlertProviders {
  readonly providers: AlertProviders;
  readonly problems: readonly Problem[];
}

export function readAlertProviders(objects: readonly SourceObject[]): ReadAlertProviders {
  const readings = objects.filter(isAlertProvider).map((object) => {
    const namespace = namespaceOf(object.manifest) ?? 'default';
    const key = `${namespace}/${object.manifest.metadata.name}`;
    return { key, reading: readOne(object, namespace) };
  });
  return {
    providers: new Map(
      readings.map(({ key, reading }) => [key, 'problems' in reading ? 'faulty' : reading]),
    ),
    problems: readings.flatMap(({ reading }) => ('problems' in reading ? reading.problems : [])),
  };
}

function isAlertProvider({ manifest }: SourceObject): boolean {
  return manifest.kind === 'AlertProvider' && manifest.apiVersion.startsWith('flagger.app/');
}

function readOne(
  { manifest, locate }: SourceObject,
  namespace: string,
): AlertProvider | { readonly problems: readonly Problem[] } {
  const file = AlertProviderFile.safeParse(manifest);
  if (!file.success) {
    return {
      problems: issueProblems(file.error.issues, { input: manifest, known: KNOWN_FIELDS, locate }),
    };
  }
  const { metadata, spec } = file.data;
  const service = ALERT_SERVICES.find((known) => known === spec.type);
  const breaches = [
    ...(service === undefined ? [unknownService(spec.type)] : []),
    ...addressBreaches(spec),
  ];
  if (service === undefined || breaches.length > 0) {
    const problems = breaches.map(({ field, ...breach }) => ({
      ...breach,
      location: locate(['spec', field]),
    }));
    return { problems };
  }
  return resolve(spec, service, { namespace, name: metadata.name });
}

interface Breach {
  readonly code: ErrorCode;
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

function unknownService(type: string): Breach {
  return {
    code: 'unknown-provider',
    field: 'type',
    message: `spec.type is ${show(type)}, which is not a known service for alerts`,
    remedy: `use one of: ${ALERT_SERVICES.join(', ')}`,
  };
}

function addressBreaches({ address, secretRef }: Spec): readonly Breach[] {
  if (address !== undefined && secretRef !== undefined) {
    const message = 'spec.address and spec.secretRef are both written, and Flagger refuses that';
    const remedy = 'keep one of them: the Secret has a key address';
    return [{ code: 'invalid-field', field: 'address', message, remedy }];
  }
  if (address === undefined && secretRef === undefined) {
    const message = 'spec has neither address nor secretRef: nobody would be told';
    const remedy = 'name a Secret with a key address in spec.secretRef.name';
    return [{ code: 'missing-field', field: 'address', message, remedy }];
  }
  return [];
}

function resolve(
  spec: Spec,
  service: AlertService,
  named: Pick<AlertProvider, 'namespace' | 'name'>,
): AlertProvider {
  return {
    ...named,
    service,
    channel: spec.channel ?? ALERT_DEFAULTS.channel,
    username: spec.username ?? ALERT_DEFAULTS.username,
    ...(spec.proxy === undefined ? {} : { proxy: spec.proxy }),
    address:
      spec.secretRef === undefined
        ? { from: 'spec', address: spec.address ?? '' }
        : { from: 'secret', secretName: spec.secretRef.name },
  };
}
