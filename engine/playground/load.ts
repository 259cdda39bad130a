import { spawn } from 'node:child_process';
import autocannon from 'autocannon';
import type { LoadSize } from './load-command.ts';

/** A load as it is sent: in real seconds, to the mesh. */
export interface Load {
  readonly url: string;
  readonly host: string;
  readonly size: LoadSize;
  /** Also a load that counts requests ends after this long. */
  readonly secondsMax: number;
  readonly connections: number;
  readonly ratePerSecond: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Autocannon notices only at its samples, by default each second, that its time is up. */
const SAMPLE_MS = 100;

/**
 * Runs a program and ends it when its own input ends, which it does when this process ends, however
 * that happens: `hey` itself does not look.
 */
const GUARD =
  'exec 3<&0; "$@" </dev/null 3<&- & load=$!; (read -r _ <&3; kill "$load") & guard=$!; ' +
  'wait "$load"; kill "$guard"';

/** Sends a load with `hey`, or with autocannon where there is none. Returns what stops it. */
export function sendLoad(load: Load, heyPath: string | undefined, done: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const ended = () => {
    clearTimeout(timer);
    done();
  };
  const stop = heyPath === undefined ? withAutocannon(load, ended) : withHey(heyPath, load, ended);
  timer = setTimeout(stop, load.secondsMax * 1000 + 1000);
  timer.unref();
  return () => {
    clearTimeout(timer);
    stop();
  };
}

function withAutocannon(load: Load, done: () => void): () => void {
  const { url, size, body, method } = load;
  const rate = Math.max(1, Math.round(load.ratePerSecond));
  const requests = size.kind === 'requests' ? size.requests : Infinity;
  const instance = autocannon(
    {
      url,
      ...(size.kind === 'time' ? { duration: size.seconds } : { amount: size.requests }),
      // Autocannon shares rate and requests out among the connections, none of which may get none.
      connections: Math.min(load.connections, requests, rate),
      overallRate: rate,
      sampleInt: SAMPLE_MS,
      method: method as autocannon.Request['method'] & string,
      headers: { ...load.headers, host: load.host },
      ...(body === undefined ? {} : { body }),
    },
    done,
  );
  return () => instance.stop();
}

function withHey(program: string, load: Load, done: () => void): () => void {
  const { size, method, headers, body, host, url, ratePerSecond } = load;
  const connections =
    size.kind === 'time' ? load.connections : Math.min(load.connections, size.requests);
  const flags = [
    size.kind === 'time' ? `-z=${size.seconds}s` : `-n=${size.requests}`,
    `-q=${ratePerSecond / connections}`,
    `-c=${connections}`,
    `-m=${method}`,
    `-host=${host}`,
    ...Object.entries(headers).map(([name, value]) => `-H=${name}: ${value}`),
    ...(body === undefined ? [] : [`-d=${body}`]),
  ];
  const child = spawn('sh', ['-c', GUARD, 'sh', program, ...flags, url], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => {});
  child.on('exit', done);
  child.on('error', done);
  return () => child.stdin.end();
}
