import type { Telemetry } from '../../engine/ports/telemetry.ts';

type Collected = {
  [Method in keyof Telemetry]: Parameters<Telemetry[Method]>[0][];
};

/** Keeps everything it is told, by method. */
export function collectedTelemetry(): { readonly telemetry: Telemetry; readonly told: Collected } {
  const told: Collected = {
    canaries: [],
    evaluated: [],
    decided: [],
    pushed: [],
    passed: [],
    queried: [],
    told: [],
  };
  const telemetry: Telemetry = {
    canaries: (facts) => void told.canaries.push(facts),
    evaluated: (facts) => void told.evaluated.push(facts),
    decided: (facts) => void told.decided.push(facts),
    pushed: (facts) => void told.pushed.push(facts),
    passed: (facts) => void told.passed.push(facts),
    queried: (facts) => void told.queried.push(facts),
    told: (facts) => void told.told.push(facts),
  };
  return { telemetry, told };
}
