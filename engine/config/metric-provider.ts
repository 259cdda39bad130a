import { z } from 'zod';
import type { MetricProviderType } from '../../constructs/canary-spec.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Problem } from '../core/errors.ts';
import { show } from './issues.ts';
import type { Locate } from './locate.ts';

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const SecretName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'must be the name of a Secret');

/** `spec.provider` of a MetricTemplate. */
export const ProviderFile = z.strictObject({
  type: z.string(),
  address: z.string().optional(),
  headers: z.record(z.string(), z.array(z.string())).optional(),
  secretRef: z.strictObject({ name: SecretName }).optional(),
  region: z.string().optional(),
  insecureSkipVerify: z.boolean().optional(),
});

type ProviderFile = z.infer<typeof ProviderFile>;

/** What a kind of metrics server must be told, before anybody asks it anything. */
interface Needs {
  readonly address?: 'needed';
  readonly region?: 'needed';
  /** The keys that its Secret must hold; they are looked for when it is read. */
  readonly secret?: string;
  readonly schemes?: readonly string[];
}

const NEEDS: Readonly<Record<MetricProviderType, Needs>> = {
  prometheus: { address: 'needed' },
  datadog: { secret: 'datadog_api_key and datadog_application_key' },
  newrelic: { secret: 'newrelic_account_id and newrelic_query_key' },
  graphite: { address: 'needed' },
  influxdb: { address: 'needed' },
  dynatrace: { address: 'needed', secret: 'dynatrace_token' },
  cloudwatch: { region: 'needed' },
  stackdriver: { secret: 'project, and serviceAccountKey outside of Google Cloud' },
  splunk: {
    address: 'needed',
    secret: 'sf_token_key',
    schemes: ['http:', 'https:', 'ws:', 'wss:'],
  },
  externalmetrics: {},
};

const TYPES = Object.keys(NEEDS) as readonly MetricProviderType[];

/** What Flagger knows and Serin refuses, and what to use instead. */
const REFUSED: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  keptn: [
    'its analyses are objects that would have to be created in the cluster, and the engine creates none',
    'use prometheus, or the provider that the KeptnMetric itself asks, with its query',
  ],
};

export function providerTypeOf({ type }: ProviderFile): MetricProviderType | undefined {
  return TYPES.find((known) => known === type);
}

/** Everything that a provider lacks or cannot have. */
export function providerProblems(provider: ProviderFile, locate: Locate): readonly Problem[] {
  const type = providerTypeOf(provider);
  const breaches =
    type === undefined
      ? [typeBreach(provider.type)]
      : [...lacking(provider, NEEDS[type], type), ...pointless(provider, type)];
  return breaches.map(({ code, field, message, remedy }) => ({
    code,
    message: `spec.provider.${field} ${message}`,
    remedy,
    location: locate(['spec', 'provider', field]),
  }));
}

interface ProviderBreach {
  readonly code: ErrorCode;
  readonly field: keyof ProviderFile;
  /** What is said of the field. */
  readonly message: string;
  readonly remedy: string;
}

function typeBreach(type: string): ProviderBreach {
  const refused = Object.hasOwn(REFUSED, type) ? REFUSED[type] : undefined;
  if (refused !== undefined) {
    const [reason, remedy] = refused;
    const message = `${type} is not supported: ${reason}`;
    return { code: 'unsupported-field', field: 'type', message, remedy };
  }
  const message = `is ${show(type)}, which is not a known metrics provider`;
  const remedy = `use one of: ${TYPES.join(', ')}`;
  return { code: 'unknown-provider', field: 'type', message, remedy };
}

function lacking(
  { address = '', region = '', secretRef }: ProviderFile,
  needs: Needs,
  type: MetricProviderType,
): readonly ProviderBreach[] {
  const missing = (field: keyof ProviderFile, remedy: string): ProviderBreach => ({
    code: 'missing-field',
    field,
    message: 'is missing',
    remedy,
  });
  const breaches: ProviderBreach[] = [];
  const addressRemedy = `write the address of the server, such as https://${type}.example`;
  if (address === '' && needs.address === 'needed') {
    breaches.push(missing('address', addressRemedy));
  }
  if (address !== '' && !isAddress(address, needs.schemes)) {
    const message = `is ${show(address)}, which is not an address`;
    breaches.push({ code: 'invalid-field', field: 'address', message, remedy: addressRemedy });
  }
  if (region === '' && needs.region === 'needed') {
    breaches.push(missing('region', 'write the region of the metrics, such as eu-west-1'));
  }
  if (secretRef === undefined && needs.secret !== undefined) {
    const remedy = `name a Secret of the template's namespace that holds ${needs.secret}`;
    breaches.push(missing('secretRef', remedy));
  }
  return breaches;
}

/** What would be ignored, were it not refused. */
function pointless(
  { headers = {}, insecureSkipVerify = false }: ProviderFile,
  type: MetricProviderType,
): readonly ProviderBreach[] {
  const refused = (field: keyof ProviderFile, reason: string): ProviderBreach => ({
    code: 'unsupported-field',
    field,
    message: `is not supported: ${reason}`,
    remedy: 'remove it',
  });
  return [
    ...(Object.keys(headers).length > 0 && type !== 'prometheus'
      ? [refused('headers', `a ${type} is sent no other headers`)]
      : []),
    ...(insecureSkipVerify && type === 'cloudwatch'
      ? [refused('insecureSkipVerify', 'the certificate of AWS is looked at')]
      : []),
  ];
}

function isAddress(text: string, schemes: readonly string[] = ['http:', 'https:']): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}
