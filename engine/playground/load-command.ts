import { parseServiceHost } from './service-host.ts';

/** A load as the command line of `hey` describes it. */
export interface LoadCommand {
  readonly url: URL;
  /** The Host header; that of the URL unless given. */
  readonly host: string;
  readonly size: LoadSize;
  readonly connections: number;
  /** Requests per second and connection; absent for as fast as possible. */
  readonly ratePerConnection?: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type LoadSize =
  | { readonly kind: 'time'; readonly seconds: number }
  | { readonly kind: 'requests'; readonly requests: number };

export const LOAD_SECONDS_MAX = 600;
const REQUESTS_MAX = 100_000;
const CONNECTIONS_MAX = 50;
const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Flags of `hey` without a value, none of which changes what a Service sees. */
const SWITCHES = new Set(['disable-compression', 'disable-keepalive', 'disable-redirects', 'h2']);
const FLAGS = new Set(['z', 'n', 'q', 'c', 'm', 'd', 'T', 'A', 'host', 't', 'o', 'cpus']);

interface Words {
  readonly flags: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly target: string | undefined;
}

/**
 * Reads `hey -z 1m -q 10 -c 2 URL`, with the defaults of `hey`; a text when it is something else. A
 * flag that would change the load and is not known here is refused, not passed over.
 * @see https://github.com/rakyll/hey
 */
export function parseLoadCommand(command: string): LoadCommand | string {
  const [program, ...rest] = split(command);
  if (program !== 'hey') return `only hey is known here, not ${program ?? 'an empty command'}`;
  const words = readWords(rest);
  if (typeof words === 'string') return words;
  const { flags, headers, target } = words;
  const url = target === undefined ? null : URL.parse(target);
  const host = flags.get('host') ?? url?.host ?? '';
  if (url === null || parseServiceHost(host) === undefined) return `no service URL in: ${command}`;
  const [rate, duration, type, accept] = ['q', 'z', 'T', 'A'].map((name) => flags.get(name));
  const seconds = duration === undefined ? 0 : parseSeconds(duration);
  if (seconds === undefined) return `-z ${duration} is no duration`;
  for (const name of ['q', 'c', 'n']) {
    const value = flags.get(name) ?? '1';
    if (!(Number(value) > 0)) return `-${name} ${value} is no number above 0`;
  }
  const requests = Math.min(REQUESTS_MAX, Number(flags.get('n') ?? 200));
  const body = flags.get('d');
  return {
    url,
    host,
    size:
      duration === undefined
        ? { kind: 'requests', requests: Math.ceil(requests) }
        : { kind: 'time', seconds: Math.min(LOAD_SECONDS_MAX, Math.max(1, seconds)) },
    connections: Math.min(CONNECTIONS_MAX, Math.ceil(Number(flags.get('c') ?? 50))),
    ...(rate === undefined ? {} : { ratePerConnection: Number(rate) }),
    method: flags.get('m') ?? 'GET',
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(accept === undefined ? {} : { accept }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  };
}

/** As a shell splits words, without its other powers. */
function split(command: string): readonly string[] {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** A flag's value stands behind it or behind an equals sign, and it has one dash or two. */
function readWords(words: readonly string[]): Words | string {
  const flags = new Map<string, string>();
  const headers: Record<string, string> = {};
  let target: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      target = word;
      continue;
    }
    const name = match[1] ?? '';
    if (SWITCHES.has(name)) continue;
    if (match[2] === undefined) index += 1;
    const value = match[2] ?? words[index] ?? '';
    if (name === 'H') {
      const [header = '', ...parts] = value.split(':');
      headers[header.trim()] = parts.join(':').trim();
    } else if (FLAGS.has(name)) flags.set(name, value);
    else return `the flag ${word} of hey is not known here`;
  }
  return { flags, headers, target };
}

function parseSeconds(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    seconds += Number(number) * (UNIT_SECONDS[unit] ?? 0);
  }
  return seconds;
}
