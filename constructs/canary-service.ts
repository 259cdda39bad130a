import { type CanarySpecService, CanarySpecServiceTargetPort } from '../imports/flagger.app.ts';
import { PropertyError, requireText, requireTrackName, requireWhole } from './property-error.ts';

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#parentreference */
export interface GatewayReference {
  readonly name: string;

  /** @default - the canary's */
  readonly namespace?: string;

  /** @default 'Gateway' */
  readonly kind?: string;

  /** @default 'gateway.networking.k8s.io' */
  readonly group?: string;

  /**
   * One listener of it.
   *
   * @default - all
   */
  readonly sectionName?: string;

  /** @default - all */
  readonly port?: number;
}

export interface CanaryServiceProps {
  /**
   * The apex: the public Service. `<name>-primary` and `<name>-canary` stand behind it.
   *
   * @default - the target's name
   */
  readonly name?: string;

  /** The port of the Services: 1 to 65535. */
  readonly port: number;

  /**
   * The port of the containers, by number or by name.
   *
   * @default - the same as `port`
   */
  readonly targetPort?: number | string;

  /** @default 'http' */
  readonly portName?: string;

  /**
   * Istio gateways the route is bound to. A list without `mesh` leaves the mesh out.
   *
   * @default ['mesh']
   */
  readonly gateways?: readonly string[];

  /**
   * Istio hosts; the apex is added unless it, or `*`, is listed.
   *
   * @default - the apex
   */
  readonly hosts?: readonly string[];

  /**
   * What the route of the Gateway API attaches itself to; provider `gatewayapi:v1` needs one.
   *
   * @default - nothing
   */
  readonly gatewayRefs?: readonly GatewayReference[];
}

/** @internal */
export function serviceToKube(service: CanaryServiceProps): CanarySpecService {
  const { name, port, portName, targetPort, gateways, hosts, gatewayRefs } = service;
  return {
    ...(name === undefined ? {} : { name }),
    port,
    ...(portName === undefined ? {} : { portName }),
    ...(targetPort === undefined ? {} : { targetPort: intOrString(targetPort) }),
    ...(gateways === undefined ? {} : { gateways: [...gateways] }),
    ...(hosts === undefined ? {} : { hosts: [...hosts] }),
    ...(gatewayRefs === undefined ? {} : { gatewayRefs: gatewayRefs.map((ref) => ({ ...ref })) }),
  };
}

function intOrString(port: number | string): CanarySpecServiceTargetPort {
  return typeof port === 'number'
    ? CanarySpecServiceTargetPort.fromNumber(port)
    : CanarySpecServiceTargetPort.fromString(port);
}

const PORT = { min: 1, max: 65_535 };

/** @see https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

/** @throws PropertyError for a value that is wrong by itself. */
export function requireRightService(service: CanaryServiceProps): void {
  const { name, port, portName, targetPort, gateways = [], hosts = [], gatewayRefs = [] } = service;
  if (name !== undefined) requireTrackName('service.name', name);
  requireWhole('service.port', port, PORT);
  if (portName !== undefined) requirePortName('service.portName', portName);
  if (typeof targetPort === 'number') requireWhole('service.targetPort', targetPort, PORT);
  if (typeof targetPort === 'string') requirePortName('service.targetPort', targetPort);
  for (const [index, gateway] of gateways.entries()) {
    requireText(`service.gateways[${index}]`, gateway);
  }
  for (const [index, host] of hosts.entries()) requireText(`service.hosts[${index}]`, host);
  for (const [index, ref] of gatewayRefs.entries()) requireRightGateway(index, ref);
}

function requireRightGateway(index: number, { name, port }: GatewayReference): void {
  requireText(`service.gatewayRefs[${index}].name`, name);
  if (port !== undefined) requireWhole(`service.gatewayRefs[${index}].port`, port, PORT);
}

function requirePortName(property: string, value: string): void {
  if (PORT_NAME.test(value)) return;
  const rule = 'a port name has at most 15 lower case letters, digits and single dashes';
  throw new PropertyError(property, value, rule, 'choose a name such as http');
}
