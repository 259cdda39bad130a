import type { MetricProvider } from '../../../constructs/canary-spec.ts';
import type { Measurement } from '../../core/observation.ts';
import type { SecretValues } from '../../ports/secret-reader.ts';
import { Exchange, Unanswered } from './exchange.ts';

/** What a provider is asked: everything it needs to know, and nothing else. */
export interface Question {
  readonly provider: MetricProvider;
  readonly credentials: SecretValues;
  readonly query: string;
  readonly intervalMs: number;
  readonly nowMs: number;
}

/**
 * How one kind of server is asked.
 *
 * @throws Unanswered when it gives no answer.
 */
export type Ask = (question: Question, exchange: Exchange) => Promise<Measurement>;

/** Asks, and turns trouble into a measurement. */
export async function answerOf(ask: Ask, question: Question): Promise<Measurement> {
  const { provider, credentials } = question;
  const { username = '', password = '' } = credentials;
  const exchange = new Exchange({
    insecureSkipVerify: provider.insecureSkipVerify,
    hidden: [
      ...Object.values(credentials),
      ...Object.values(provider.headers).flat(),
      `${username}:${password}`,
      ...userInfoOf(provider.address),
    ],
  });
  try {
    const measurement = await ask(question, exchange);
    return 'why' in measurement
      ? { ...measurement, why: exchange.masked(measurement.why) }
      : measurement;
  } catch (error) {
    if (error instanceof Unanswered) return { kind: 'error', why: error.message };
    throw error;
  }
}

/** People write credentials into addresses too. */
function userInfoOf(address = ''): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { username, password } = new URL(address);
  try {
    const decoded = decodeURIComponent(password);
    return [decoded, `${decodeURIComponent(username)}:${decoded}`];
  } catch {
    return [password];
  }
}

/** @throws Unanswered when the template names no address, or one that is none. */
export function addressOf({ provider }: Question, fallback?: string): string {
  const address = provider.address ?? fallback;
  if (address !== undefined && URL.canParse(address)) return address;
  throw new Unanswered(`the provider has no usable address`);
}

/** @throws Unanswered when the Secret lacks the key; what it holds is not said. */
export function credential({ provider, credentials }: Question, key: string): string {
  // A line end at the end of a value comes from the command that made the Secret.
  const value = Object.hasOwn(credentials, key) ? credentials[key]?.trim() : undefined;
  if (value !== undefined && value !== '') return value;
  const { namespace = '', name = 'of the provider' } = provider.secret ?? {};
  throw new Unanswered(`Secret ${namespace}/${name} has no key ${key}`);
}

export function basicAuthorization(question: Question): string {
  const [username, password] = [credential(question, 'username'), credential(question, 'password')];
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
