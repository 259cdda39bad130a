import { parseServiceHost } from './mesh.ts';

/** A load as the command line of `hey` describes it. */
export interface LoadCommand {
  readonly url: URL;
  readonly durationSeconds: number;
  readonly connections: number;
  /** Requests per second and connection; absent for as fast as possible. */
  readonly ratePerConnection?: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DURATION_SECONDS_MAX = 600;
const CONNECTIONS_MAX = 50;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Reads `hey -z 1m -q 10 -c 2 URL`; a text when it is something else. */
export function parseLoadCommand(command: string): LoadCommand | string {
  const words = command
    .match(/"[^"]*"|'[^']*'|\S+/g)
    ?.map((word) => word.replace(/^["']|["']$/g, ''));
  const [program, ...rest] = words ?? [];
  if (program !== 'hey') return `only hey is known here, not ${program ?? 'an empty command'}`;
  const flags = new Map<string, string>();
  const headers: Record<string, string> = {};
  let target: string | undefined;
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? '';
    if (!word.startsWith('-')) {
      target = word;
      continue;
    }
    const value = rest[index + 1] ?? '';
    index += 1;
    if (word === '-H') {
      const [name = '', ...parts] = value.split(':');
      headers[name.trim()] = parts.join(':').trim();
    } else flags.set(word, value);
  }
  const url = target === undefined ? null : URL.parse(target);
  if (url === null || parseServiceHost(url.host) === undefined)
    return `no service URL in: ${command}`;
  const rate = flags.get('-q');
  return {
    url,
    durationSeconds: durationSeconds(flags.get('-z') ?? '10s'),
    connections: bounded(Number(flags.get('-c') ?? 2), 1, CONNECTIONS_MAX),
    ...(rate === undefined ? {} : { ratePerConnection: Number(rate) }),
    method: flags.get('-m') ?? 'GET',
    headers,
  };
}

function durationSeconds(text: string): number {
  let seconds = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)) {
    seconds += Number(number) * (UNIT_SECONDS[unit] ?? 0);
  }
  return bounded(seconds, 1, DURATION_SECONDS_MAX);
}

function bounded(value: number, min: number, max: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : min;
}
