import { resolve } from 'node:path';
import { readQueue } from '../../adapters/telemetry/read-queue.ts';
import type { ListenAddress } from '../../config/listen-address.ts';
import type { QueueEntry } from '../../controller/queue-view.ts';
import { ProblemError } from '../../core/errors.ts';
import { loadConfigs } from '../../wiring/load-config.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult, table } from '../output.ts';

export interface QueueOptions {
  readonly config: string;
  readonly engine?: string;
}

/** What a running engine has decided and not pushed yet, why, and until when. */
export async function queue(
  { cwd }: Pick<CliContext, 'cwd'>,
  { config, engine }: QueueOptions,
  output: Output,
): Promise<ExitCode> {
  const url =
    engine === undefined
      ? configuredUrl(
          (await loadConfigs(resolve(cwd, config), { configFile: config }))[0]?.config.serve,
        )
      : givenUrl(engine);
  const answer = await readQueue(url);
  if (answer.kind === 'unreachable') {
    output.err(`no engine could be asked at ${url.origin}: ${answer.why}`);
    return EXIT.failed;
  }
  const { decisions } = answer;
  printResult(output, { decisions }, () => queueTable(decisions));
  return EXIT.ok;
}

const HEADS = ['lane', 'decision', 'since', 'until', 'waiting for'];

function queueTable(decisions: readonly QueueEntry[]): string {
  if (decisions.length === 0) return 'nothing waits for a push';
  return table(
    HEADS,
    decisions.map(({ lane, subjects, since, until = '-', why }) => {
      return [lane, subjects.join('; '), since, until, why];
    }),
  );
}

function givenUrl(written: string): URL {
  const url = URL.parse(written);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw problem(
    'invalid-argument',
    `--engine is ${JSON.stringify(written)}, which is no http URL`,
    'write for example --engine http://127.0.0.1:8080',
  );
}

/** The engine on this machine. */
function configuredUrl(serve: ListenAddress | undefined): URL {
  if (serve === undefined) {
    throw problem(
      'missing-field',
      'serve is missing, so that no running engine can be asked',
      'write for example `serve: :8080` into serin.yaml, or name the engine with --engine',
    );
  }
  const { host = '127.0.0.1', port } = serve;
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

function problem(
  code: 'invalid-argument' | 'missing-field',
  message: string,
  remedy: string,
): ProblemError {
  return new ProblemError([{ code, message, remedy }]);
}
