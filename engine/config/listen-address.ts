/** Where to listen: `:8080`, `127.0.0.1:8080`, `[::1]:8080`. */
export interface ListenAddress {
  /** Absent: on every address of the machine. */
  readonly host: string | undefined;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** Nothing for a text that is no address with a port. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  return port > PORT_MAX ? undefined : { host: host === '' ? undefined : host, port };
}
