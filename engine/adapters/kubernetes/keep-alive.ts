import { Agent, type RequestOptions } from 'node:https';

type Connections = RequestOptions['agent'];

export interface KeepAlive {
  /** An agent that keeps its connections, always the same one for the same agent. */
  agentFor(agent: Connections): Connections;
  /** Gives up what nobody uses: where one connection has died, those beside it may have as well. */
  forgetIdle(): void;
}

/** API servers close a connection that nobody has used for 90 seconds: it is given up before. */
const IDLE_MS = 30_000;

/**
 * Agents as the client library makes them open a connection for each request, and its handshake costs both
 * ends more than the request. One that goes through a proxy stays as it is.
 */
export function createKeepAlive(): KeepAlive {
  const kept = new Map<Agent, Agent>();
  return {
    agentFor(agent) {
      if (!(agent instanceof Agent) || agent.constructor !== Agent) return agent;
      const known = kept.get(agent);
      if (known !== undefined) return known;
      const keeping = new Agent({ ...agent.options, keepAlive: true, timeout: IDLE_MS });
      kept.set(agent, keeping);
      return keeping;
    },
    forgetIdle() {
      const idle = [...kept.values()].flatMap(({ freeSockets }) => Object.values(freeSockets));
      for (const socket of idle.flat()) socket?.destroy();
    },
  };
}
