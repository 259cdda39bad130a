import { dirname, resolve } from 'node:path';
import { createSystemClock, monotonicClock, systemRandom } from './adapters/clock/system-clock.ts';
import { createPlaygroundCluster } from './adapters/cluster/playground-cluster.ts';
import type { Environment } from './adapters/git/create-git.ts';
import type { Repositories } from './adapters/git/repositories.ts';
import { createJsonLogger } from './adapters/log/json-logger.ts';
import { createMetricsSource } from './adapters/metrics/metrics-source.ts';
import { openMetrics } from './adapters/metrics/registry.ts';
import { createFolderSourceReader } from './adapters/source/folder-source-reader.ts';
import { createWebhookClient } from './adapters/webhooks/http-webhook-client.ts';
import type { ClusterConfig, NamedConfig, OperatorConfig } from './config/operator-config.ts';
import type { EnginePorts } from './controller/engine-ports.ts';
import { createSourceInterpreter } from './controller/source-interpreter.ts';
import { assertInvariant, ProblemError } from './core/errors.ts';
import { parseInstant } from './core/instant.ts';
import type { Engine, EngineOptions } from './engine.ts';
import type { Playground } from './playground/playground.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';
import type { LogFields, Logger } from './ports/logger.ts';
import { type ConfigChoice, loadConfig, loadConfigs } from './wiring/load-config.ts';
import { type OpenGit, openGit, openRepositories } from './wiring/open-git.ts';
import { syncNamesOf } from './wiring/sync-names.ts';
import { PushGates } from './wiring/push-gates.ts';
import { startConfiguredPlayground } from './wiring/start-playground.ts';
import { closeMessaging, openMessaging } from './wiring/open-messaging.ts';
import type { Counting, OpenTelemetry } from './wiring/open-telemetry.ts';

/** What an engine is given of the process it runs in. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Environment;
  /** Receives one JSON log line at a time. */
  log(line: string): void;
}

/** One slow webhook or metrics server holds a pass up for so long, and not for longer. */
const PATIENCE_MS = 1_000;

/** Reads `serin.yaml` and wires an engine together. */
export async function openEngine(
  options: EngineOptions,
  surroundings: Surroundings,
): Promise<Engine> {
  const file = resolve(surroundings.cwd, options.configFile);
  const config = await loadConfig(file, options);
  const [engine] = await openAll([{ name: undefined, config }], options, surroundings);
  assertInvariant(engine !== undefined, 'a configuration makes an engine');
  return engine;
}

/** The same for each delivery of the file. They share clones, budgets and the listener. */
export async function openEngines(
  options: EngineOptions,
  surroundings: Surroundings,
): Promise<readonly Engine[]> {
  const file = resolve(surroundings.cwd, options.configFile);
  return openAll(await loadConfigs(file, options), options, surroundings);
}

async function openAll(
  configs: readonly NamedConfig[],
  options: EngineOptions,
  surroundings: Surroundings,
): Promise<readonly Engine[]> {
  const folder = dirname(resolve(surroundings.cwd, options.configFile));
  const repositories = openRepositories({ folder, env: surroundings.env });
  // Whoever opens a repository first says whether anybody will write to it.
  for (const { config } of configs) openGit(config, { folder, repositories });
  const gates = new PushGates(createSystemClock(clockOptions(configs[0]?.config)));
  const counting = await openCounting(configs, options.serving, surroundings);
  const shared = { folder, repositories, gates, counting };
  return Promise.all(configs.map((each) => openOne(each, options, surroundings, shared)));
}

interface Shared {
  /** What relative paths in the configuration start from. */
  readonly folder: string;
  readonly repositories: Repositories;
  readonly gates: PushGates;
  readonly counting: OpenTelemetry | undefined;
}

async function openOne(
  { name, config }: NamedConfig,
  { sourceFolder, serving }: EngineOptions,
  surroundings: Surroundings,
  { folder, repositories, gates, counting: all }: Shared,
): Promise<Engine> {
  const { cwd, env } = surroundings;
  const clock = createSystemClock(clockOptions(config));
  const git = openGit(config, { folder, repositories });
  const logger = loggerFor(name, clock, surroundings);
  const counting = all?.of(name);
  const around = { clock, env, folder, logger, counting, watches: serving !== undefined };
  const cluster = await openConfiguredCluster(config, git, around);
  const [provider, address] = metricsOf(config, cluster);
  const metrics = openMetrics(provider, address, clock);
  const toService = (url: URL) => cluster.resolveServiceUrl(url);
  const measuring = createMetricsSource({
    own: metrics.source,
    resolve: toService,
    externalMetrics: cluster.externalMetrics,
  });
  const messaging = openMessaging(config.notifications, {
    clock,
    random: systemRandom,
    folder,
  });
  const override = sourceFolder === undefined ? undefined : resolve(cwd, sourceFolder);
  return {
    pollMs: config.poll,
    inspectors: [
      ...git.inspectors(override === undefined),
      ...(cluster.inspector === undefined ? [] : [cluster.inspector]),
    ],
    beat: () => counting?.beat(),
    queued: (decisions) => counting?.queued(decisions),
    ports: {
      ...sourceOf(git, override),
      interpret: createSourceInterpreter(config.labels),
      delivery: git.delivery,
      cells: git.cells && { ...git.cells, syncOf: (branch) => cluster.syncOf(branch) },
      workloads: cluster.workloads,
      endpoints: cluster.endpoints,
      sync: cluster.sync,
      traffic: cluster.traffic,
      metrics: counting?.metered(measuring, provider) ?? measuring,
      webhooks: createWebhookClient({ clock, random: systemRandom, resolve: toService }),
      clock,
      random: systemRandom,
      logger,
      edits: config.delivery.edits,
      rejectedForMs: config.rollback.rejectedFor,
      gate: gates.open(git.clone.url, config.delivery.pushes),
      patience: () => monotonicClock.sleep(PATIENCE_MS),
      lease: cluster.lease,
      status: cluster.status,
      secrets: cluster.secrets,
      origins: cluster.origins,
      messaging,
      telemetry: counting?.telemetry,
    },
    async stop() {
      await closeMessaging(messaging, monotonicClock, logger);
      await all?.stop();
      await metrics.stop();
      await cluster.stop();
    },
  };
}

/** A folder in place of the configured source is read, and never written to. */
function sourceOf(
  git: OpenGit,
  override: string | undefined,
): Pick<EnginePorts, 'source' | 'takeBack'> {
  if (override !== undefined) return { source: createFolderSourceReader(override) };
  return { source: git.source(), takeBack: git.takeBack() };
}

/** With several deliveries each line says which of them it is about. */
function loggerFor(name: string | undefined, clock: Clock, to: Surroundings): Logger {
  const logger = createJsonLogger({ clock, write: (line) => to.log(line) });
  if (name === undefined) return logger;
  const named = (fields: LogFields = {}) => ({ delivery: name, ...fields });
  return {
    info: (message, fields) => logger.info(message, named(fields)),
    warn: (message, fields) => logger.warn(message, named(fields)),
    error: (message, fields) => logger.error(message, named(fields)),
  };
}

/** The library that counts is loaded only where somebody may ask for the numbers. */
async function openCounting(
  configs: readonly NamedConfig[],
  serving: EngineOptions['serving'],
  surroundings: Surroundings,
): Promise<OpenTelemetry | undefined> {
  const [first] = configs;
  if (first === undefined || serving === undefined) return undefined;
  const address = serving.address ?? first.config.serve;
  if (address === undefined) return undefined;
  const { openTelemetry } = await import('./wiring/open-telemetry.ts');
  const logger = loggerFor(undefined, createSystemClock(), surroundings);
  const names = configs.map(({ name }) => name);
  const pollMs = first.config.poll;
  return openTelemetry(address, { names, pollMs, monotonic: monotonicClock, logger });
}

/** A playground exposes counters itself; a real cluster needs somebody who keeps them. */
function metricsOf({ metrics }: OperatorConfig, cluster: Cluster): [string, string] {
  if (metrics !== undefined) return [metrics.provider, metrics.address];
  if (cluster.metricsAddress !== undefined) return ['scrape', cluster.metricsAddress];
  throw new ProblemError([
    {
      code: 'missing-field',
      message: 'metrics is missing, and a Kubernetes cluster has no metrics of its own',
      remedy: 'name a Prometheus: `metrics: { provider: prometheus, address: http://… }`',
    },
  ]);
}

function clockOptions({ clock }: Partial<OperatorConfig> = {}): Parameters<
  typeof createSystemClock
>[0] {
  if (clock === undefined) return {};
  const anchorMs = parseInstant(clock.anchor);
  return { speed: clock.speed, ...(anchorMs === undefined ? {} : { anchorMs }) };
}

interface ClusterSurroundings {
  readonly clock: Clock;
  readonly env: Environment;
  /** What relative paths in the configuration start from. */
  readonly folder: string;
  readonly logger: Logger;
  /** Whether the engine stays, so that watching is worth while. */
  readonly watches: boolean;
  readonly counting: Counting | undefined;
}

/** The Kubernetes client is loaded only where it is used: it takes longer than a whole command. */
async function openCluster(
  operator: OperatorConfig,
  config: ClusterConfig,
  { clock, env, folder, logger, watches, counting }: ClusterSurroundings,
): Promise<StoppableCluster> {
  switch (config.provider) {
    case 'playground':
      return { ...createPlaygroundCluster(config.address), stop: () => Promise.resolve() };
    case 'kubernetes': {
      const [{ createKubernetesCluster }, { openAccess }] = await Promise.all([
        import('./adapters/kubernetes/kubernetes-cluster.ts'),
        import('./adapters/kubernetes/open-access.ts'),
      ]);
      const { kubeconfig, context, sync, lease } = config;
      const syncOf = (branch: string) => syncNamesOf(operator, sync, branch);
      const count = (verb: string) => counting?.apiRequested(verb);
      const chosen = {
        ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(folder, kubeconfig) }),
        ...(context === undefined ? {} : { context }),
      };
      const access = await openAccess(chosen, { env, monotonic: monotonicClock });
      return createKubernetesCluster(
        { access, sync, syncOf, lease, podUid: env['POD_UID'], watches },
        { clock, monotonic: monotonicClock, random: systemRandom, logger, count },
      );
    }
  }
}

type StoppableCluster = Cluster & { stop(): Promise<void> };

/** The configured cluster, or, without one, a playground inside this very process. */
async function openConfiguredCluster(
  config: OperatorConfig,
  git: OpenGit,
  surroundings: ClusterSurroundings,
): Promise<StoppableCluster> {
  const { cluster } = config;
  if (cluster !== undefined) return openCluster(config, cluster, surroundings);
  const playground = await startConfiguredPlayground(config, git, surroundings);
  return { ...createPlaygroundCluster(playground.address), stop: () => playground.stop() };
}

/** Starts a playground that follows the configured delivery branch. */
export async function openPlayground(
  { port, ...choice }: ConfigChoice & { readonly port: number },
  { cwd, env }: Pick<Surroundings, 'cwd' | 'env'>,
): Promise<Playground> {
  const file = resolve(cwd, choice.configFile);
  const config = await loadConfig(file, choice);
  const folder = dirname(file);
  const repositories = openRepositories({ folder, env, cache: 'playground' });
  const git = openGit(config, { folder, repositories });
  const clock = createSystemClock(clockOptions(config));
  return startConfiguredPlayground(config, git, { clock, env, port });
}
