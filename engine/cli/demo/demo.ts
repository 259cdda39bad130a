import { mkdtemp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSystemClock } from '../../adapters/clock/system-clock.ts';
import { parseOperatorConfigs } from '../../config/operator-config.ts';
import { formatInstant, parseInstant } from '../../core/instant.ts';
import { openPlayground } from '../../main.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeliveryCommit } from '../../ports/delivery-repository.ts';
import type { CliContext } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import {
  DELIVERY_BRANCH,
  type DemoRepository,
  openDemoRepository,
  SOURCE_BRANCH,
  SOURCE_PATH,
} from './demo-repository.ts';
import { type EngineProcess, startEngineProcess } from './engine-process.ts';
import { nextChapter, readRecord } from './story.ts';
import { type Printer, printer } from './printer.ts';
import { colors, timelineLine } from './timeline.ts';

export interface DemoOptions {
  readonly dir?: string;
  readonly realTime?: boolean;
  /** Where to write what was printed as a picture. */
  readonly picture?: string;
}

/** A minute of the seed's Canary takes three seconds. */
const FAST = 20;
/** Requests per second of the users, on the demo's clock. */
const USERS_PER_SECOND = 10;
const LOOK_MS = 250;
/** The whole story takes about 14 minutes of the demo's time; past this it has failed. */
const STORY_MINUTES_MAX = 60;

type Surroundings = Omit<CliContext, 'output'>;

/** Plays the story: v1 initialized, v2 promoted in steps, v3 rolled back, all of it in Git. */
export async function demo(context: Surroundings, options: DemoOptions): Promise<ExitCode> {
  const dir =
    options.dir === undefined
      ? await mkdtemp(join(tmpdir(), 'serin-demo-'))
      : resolve(context.cwd, options.dir);
  await mkdir(dir, { recursive: true });
  const timing = await readTiming(dir, options.realTime === true ? 1 : FAST);
  const clock = createSystemClock({ speed: timing.speed, anchorMs: timing.anchorMs });
  const repository = await openDemoRepository(dir, context.env);
  await writeConfig(dir, timing, 'http://127.0.0.1:1');
  const playground = await openPlayground(
    { configFile: join(dir, 'serin.yaml'), port: 0 },
    { cwd: dir, env: { ...context.env, XDG_CACHE_HOME: join(dir, 'cache') } },
  );
  await writeConfig(dir, timing, playground.address);
  const engine = startEngineProcess(dir, context.env);
  const print = printer(context.out);
  print.line(
    `A minute takes ${formatSeconds(60 / timing.speed)}. ` +
      `Cluster: ${playground.address}  Repository: ${join(options.dir ?? dir, 'git')}\n`,
  );
  const stopUsers = playground.startUsers(
    new URL('http://reviews.default:9080/reviews/0'),
    USERS_PER_SECOND,
  );
  try {
    const end = await tell(context, print, repository, engine, clock);
    await printEnd(print, repository, options.dir ?? dir, end);
    if (options.picture !== undefined) {
      await writeFile(resolve(context.cwd, options.picture), print.picture());
    }
    return end.succeeded ? EXIT.ok : EXIT.failed;
  } finally {
    stopUsers();
    await engine.stop();
    await playground.stop();
  }
}

interface End {
  readonly succeeded: boolean;
  readonly why: string;
}

/** Follows the delivery branch, prints each decision, and releases the next version in time. */
async function tell(
  context: Surroundings,
  print: Printer,
  repository: DemoRepository,
  engine: EngineProcess,
  clock: Clock,
): Promise<End> {
  const real = createSystemClock();
  const deadlineMs = clock.nowMs() + STORY_MINUTES_MAX * 60_000;
  let last: string | undefined;
  while (!context.signal.aborted) {
    const refreshed = await repository.delivery.refresh();
    const tip = refreshed.kind === 'fresh' ? refreshed.tip : undefined;
    if (tip !== undefined && tip !== last) {
      for (const commit of await commitsSince(repository, last)) print.line(timelineLine(commit));
      last = tip;
    }
    const chapter = await nextChapter(repository, await readRecord(repository, tip));
    if (chapter.kind === 'end') return chapter;
    if (chapter.kind === 'release') {
      await repository.release(chapter.version, clock.nowMs());
      const time = colors.dim(formatInstant(clock.nowMs()).slice(11, 19));
      print.line(
        `\n${time}  ${colors.bold(`the team commits ${chapter.version} to ${SOURCE_BRANCH}`)}`,
      );
    }
    if (engine.isBroken)
      return { succeeded: false, why: 'the engine ends at once: see engine.log' };
    if (clock.nowMs() > deadlineMs) return { succeeded: false, why: 'the story took too long' };
    await real.sleep(LOOK_MS, context.signal);
  }
  return { succeeded: false, why: 'interrupted; start it again with the same --dir to go on' };
}

async function commitsSince(
  repository: DemoRepository,
  last: string | undefined,
): Promise<readonly DeliveryCommit[]> {
  const commits = await repository.delivery.history({ limit: 200 });
  const known = commits.findIndex(({ commit }) => commit === last);
  return (known < 0 ? commits : commits.slice(0, known)).toReversed();
}

async function printEnd(
  print: Printer,
  repository: DemoRepository,
  dir: string,
  end: End,
): Promise<void> {
  const commits = await repository.delivery.history({ limit: 200 });
  print.line(`\n${colors.bold(`git log ${DELIVERY_BRANCH}`)}`);
  for (const { commit, subject } of commits) {
    print.line(`${colors.yellow(commit.slice(0, 8))} ${subject}`);
  }
  const mark = end.succeeded ? colors.green('✔') : colors.red('✘');
  print.line(`\n${mark} ${end.why}`);
  print.line(`\nEverything is kept in ${dir}; the rollout log is`);
  print.line(`  git -C ${join(dir, 'git')} log ${DELIVERY_BRANCH}`);
}

interface Timing {
  readonly speed: number;
  readonly anchorMs: number;
}

/** A demo that goes on must go on by the same clock. */
async function readTiming(dir: string, speed: number): Promise<Timing> {
  const text = await readFile(join(dir, 'serin.yaml'), 'utf8').catch(() => '');
  const loaded = parseOperatorConfigs(text, 'serin.yaml');
  const clock = 'configs' in loaded ? loaded.configs[0]?.config.clock : undefined;
  const anchorMs = clock === undefined ? undefined : parseInstant(clock.anchor);
  if (clock !== undefined && anchorMs !== undefined) return { speed: clock.speed, anchorMs };
  return { speed, anchorMs: createSystemClock().nowMs() };
}

async function writeConfig(dir: string, timing: Timing, address: string): Promise<void> {
  const config = [
    `source: { repository: git, branch: ${SOURCE_BRANCH}, path: ${SOURCE_PATH} }`,
    `delivery: { repository: git, branch: ${DELIVERY_BRANCH} }`,
    `cluster: { provider: playground, address: ${JSON.stringify(address)} }`,
    'poll: 10s',
    `clock: { speed: ${timing.speed}, anchor: ${JSON.stringify(formatInstant(timing.anchorMs))} }`,
  ];
  await writeFile(join(dir, 'serin.yaml'), `${config.join('\n')}\n`);
}

function formatSeconds(seconds: number): string {
  return seconds === 60 ? 'a minute' : `${seconds} seconds`;
}
