/** A Service as a client in the cluster names it. */
export interface ServiceHost {
  readonly namespace: string;
  readonly service: string;
}

const HOST =
  /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.([a-z0-9-]+))?(\.svc(\.cluster\.local)?)?\.?(:\d+)?$/;

/**
 * `reviews`, `reviews.default`, `reviews.default.svc.cluster.local`, each with or without port. A
 * name without a namespace means the one it is used in.
 */
export function parseServiceHost(host: string, namespace = 'default'): ServiceHost | undefined {
  const match = HOST.exec(host.toLowerCase());
  return match === null ? undefined : { service: match[1] ?? '', namespace: match[4] ?? namespace };
}
