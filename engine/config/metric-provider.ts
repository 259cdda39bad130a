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
  const at = (
    code: ErrorCode,
    field: keyof ProviderFile,
    message: (name: string) => string,
    remedy: string,
  ): Problem => ({
    code,
    message: message(`spec.provider.${field}`),
    remedy,
    location: locate(['spec', 'provider', field]),
  });
  const type = providerTypeOf(provider);
  if (type === undefined) {
    const [reason, remedy] = Object.hasOwn(REFUSED, provider.type)
      ? (REFUSED[provider.type] ?? [])
      : [];
    return [
      reason === undefined || remedy === undefined
        ? at(
            'unknown-provider',
            'type',
            (name) => `${name} is ${show(provider.type)}, which is not a known metrics provider`,
            `use one of: ${TYPES.join(', ')}`,
          )
        : at(
            'unsupported-field',
            'type',
            (name) => `${name} ${provider.type} is not supported: ${reason}`,
            remedy,
          ),
    ];
  }
  const { address = '', region = '', secretRef, headers = {}, insecureSkipVerify } = provider;
  const needs = NEEDS[type];
  const problems: Problem[] = [];
  if (address === '' ? needs.address === 'needed' : !isAddress(address, needs.schemes)) {
    const code = address === '' ? 'missing-field' : 'invalid-field';
    const what = address === '' ? 'missing' : `${show(address)}, which is not an address`;
    const remedy = `write the address of the server, such as https://${type}.example`;
    problems.push(at(code, 'address', (name) => `${name} is ${what}`, remedy));
  }
  if (needs.region === 'needed' && region === '') {
    const remedy = 'write the region of the metrics, such as eu-west-1';
    problems.push(at('missing-field', 'region', (name) => `${name} is missing`, remedy));
  }
  if (needs.secret !== undefined && secretRef === undefined) {
    const remedy = `name a Secret of the template's namespace that holds ${needs.secret}`;
    problems.push(at('missing-field', 'secretRef', (name) => `${name} is missing`, remedy));
  }
  if (Object.keys(headers).length > 0 && type !== 'prometheus') {
    const message = (name: string) =>
      `${name} is not supported: a ${type} is sent no other headers`;
    problems.push(at('unsupported-field', 'headers', message, 'remove it'));
  }
  if (insecureSkipVerify === true && type === 'cloudwatch') {
    const message = (name: string) => `${name} is not supported: AWS has a certificate`;
    problems.push(at('unsupported-field', 'insecureSkipVerify', message, 'remove it'));
  }
  return problems;
}

function isAddress(text: string, schemes: readonly string[] = ['http:', 'https:']): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}
