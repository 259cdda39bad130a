import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { logFile } from './component.ts';
import { SIDECAR_ADMIN } from './mesh.ts';

const WeightedClusters = z.object({
  clusters: z.array(z.object({ name: z.string(), weight: z.number().default(0) })),
});

const RouteTables = z.object({
  configs: z
    .array(
      z.looseObject({
        route_config: z.looseObject({
          virtual_hosts: z
            .array(
              z.looseObject({
                domains: z.array(z.string()),
                routes: z
                  .array(
                    z.looseObject({
                      route: z
                        .looseObject({
                          cluster: z.string().optional(),
                          weighted_clusters: WeightedClusters.optional(),
                        })
                        .optional(),
                    }),
                  )
                  .default([]),
              }),
            )
            .default([]),
        }),
      }),
    )
    .default([]),
});

/** The canary's share in the first route of a host as the client's proxy has it, in percent. */
export async function canaryShareInEnvoy(host: string): Promise<number | undefined> {
  const url = `${SIDECAR_ADMIN}/config_dump?resource=dynamic_route_configs`;
  const answer = await fetch(url);
  // The page is an error while the proxy has no table at all.
  if (!answer.ok) return undefined;
  const tables = RouteTables.parse(await answer.json());
  const hosts = tables.configs.flatMap(({ route_config }) => route_config.virtual_hosts);
  const route = hosts.find(({ domains }) => domains.includes(host))?.routes[0]?.route;
  if (route === undefined) return undefined;
  const clusters =
    route.weighted_clusters?.clusters ??
    (route.cluster === undefined ? [] : [{ name: route.cluster, weight: 100 }]);
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  const canary = clusters.filter(({ name }) => /\|[^|.]+-canary\./.test(name));
  const isSplit = clusters.some(({ name }) => /\|[^|.]+-primary\./.test(name));
  if (!isSplit && canary.length === 0) return undefined;
  return (100 * canary.reduce((sum, { weight }) => sum + weight, 0)) / total;
}

/** What the proxies refused since they started: tables of routes by port, anything else by type. */
export function refusedByProxies(): ReadonlySet<string> {
  const logs = ['sidecar', 'gateway'].map((name) => readFileSync(logFile(name), 'utf8')).join('\n');
  const refusals = logs.matchAll(/gRPC config for (\S+) rejected:[^\n]*\n(?:name: "(\w+)")?/g);
  return new Set([...refusals].map(([, type = '', name]) => name ?? type));
}
