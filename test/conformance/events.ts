/**
 * Events as both engines tell them. What is compared is what they say of the course of a rollout;
 * how each words the trouble of a metric or of a cluster is its own matter, and hooks that are told
 * of an end are told of in no particular order with it.
 */
const TOLD: readonly RegExp[] = [
  /^Initialization done!/,
  /^New revision detected!/,
  /^Starting canary analysis/,
  /^Advance .* (canary weight|canary iteration|primary weight) /,
  /^(Pre-rollout|Confirm-[a-z-]+|Rollback) check .* passed$/,
  /^Halt .* waiting for/,
  /^Copying .* template spec to/,
  /^(Routing all traffic to|Stop traffic mirroring)/,
  /^Promotion completed!/,
  /^Rolling back .* (failed checks threshold reached|manual webhook invoked)/,
  /^Canary failed!/,
];

const HALTED: readonly RegExp[] = [
  /^Halt (.* )?advancement (?!waiting)/,
  /^(Prometheus|Metric) query failed/,
];

/** An event as far as it is compared. */
export function toldEvent(message: string): string | undefined {
  if (HALTED.some((pattern) => pattern.test(message))) return 'Halt advancement';
  return TOLD.some((pattern) => pattern.test(message)) ? message : undefined;
}
