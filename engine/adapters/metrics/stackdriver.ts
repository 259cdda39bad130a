import { createSign } from 'node:crypto';
import { z } from 'zod';
import type { Measurement } from '../../core/observation.ts';
import { endpoint, type Exchange, Unanswered } from './exchange.ts';
import { newestValue, onlyOne } from './points.ts';
import { addressOf, type Ask, credential, type Question } from './question.ts';

/** @see https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/query */
const Value = z.looseObject({
  doubleValue: z.number().optional(),
  int64Value: z.coerce.number().optional(),
});
const Answer = z.looseObject({
  timeSeriesData: z
    .array(
      z.looseObject({
        pointData: z
          .array(
            z.looseObject({
              values: z.array(Value).default([]),
              timeInterval: z.looseObject({ endTime: z.string() }).optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
  partialErrors: z.array(z.looseObject({ message: z.string().default('') })).default([]),
});

type Series = z.infer<typeof Answer>['timeSeriesData'][number];

const ADDRESS = 'https://monitoring.googleapis.com';

/** Asks Cloud Monitoring with a query of its query language. */
export const askStackdriver: Ask = async (question, exchange) => {
  const project = encodeURIComponent(credential(question, 'project'));
  const token = await accessToken(question, exchange);
  const answer = await exchange.json(
    {
      url: endpoint(addressOf(question, ADDRESS), `/v3/projects/${project}/timeSeries:query`),
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: question.query }),
    },
    Answer,
  );
  const [partial] = answer.partialErrors;
  if (partial !== undefined) {
    return { kind: 'empty', why: `partial answer: ${exchange.shown(partial.message)}` };
  }
  return onlyOne(answer.timeSeriesData, 'series', (series) => valueOf(series, question));
};

function valueOf({ pointData }: Series, { nowMs, intervalMs }: Question): Measurement {
  if (pointData.some(({ values }) => values.length > 1)) {
    return { kind: 'error', why: 'the query found several values instead of one' };
  }
  const points = pointData.map(({ values: [value], timeInterval }) => ({
    atMs: timeInterval === undefined ? nowMs : Date.parse(timeInterval.endTime),
    value: value?.doubleValue ?? value?.int64Value ?? null,
  }));
  return newestValue(points, { nowMs, intervalMs });
}

const Token = z.looseObject({ access_token: z.string().min(1) });
const ServiceAccountKey = z.looseObject({
  client_email: z.string(),
  private_key: z.string(),
  token_uri: z.url(),
});

const SCOPE = 'https://www.googleapis.com/auth/monitoring.read';
/** Where a workload on Google Cloud gets its own token. */
const METADATA_ADDRESS = 'http://metadata.google.internal';
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

async function accessToken(question: Question, exchange: Exchange): Promise<string> {
  const { serviceAccountKey: text } = question.credentials;
  if (text === undefined) {
    const url = endpoint(METADATA_ADDRESS, TOKEN_PATH);
    const headers = { 'metadata-flavor': 'Google' };
    return (await exchange.json({ url, headers }, Token)).access_token;
  }
  const key = keyOf(text);
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertionOf(key, Math.floor(question.nowMs / 1000)),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const url = new URL(key.token_uri);
  const request = { url, method: 'POST', headers, body: body.toString() } as const;
  return (await exchange.json(request, Token)).access_token;
}

function keyOf(text: string): z.infer<typeof ServiceAccountKey> {
  try {
    return ServiceAccountKey.parse(JSON.parse(text));
  } catch {
    throw new Unanswered('serviceAccountKey is not the key of a service account');
  }
}

/** @see https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
function assertionOf(key: z.infer<typeof ServiceAccountKey>, nowSeconds: number): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = { iss: key.client_email, scope: SCOPE, aud: key.token_uri };
  const times = { iat: nowSeconds, exp: nowSeconds + 3600 };
  const unsigned = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded({ ...claims, ...times })}`;
  try {
    const signature = createSign('RSA-SHA256').update(unsigned).sign(key.private_key, 'base64url');
    return `${unsigned}.${signature}`;
  } catch {
    throw new Unanswered('serviceAccountKey holds no usable private key');
  }
}
