import type { CanaryKey } from '../../../constructs/canary-spec.ts';

/** How a fleet is analysed. */
export type Analysis =
  /** A/B testing: a check that passes is a commit of the record, and no route moves. */
  | 'iterations'
  /** A ladder of one percent a step: a check that passes moves the route. */
  | 'weights';

const CANARIES_PER_NAMESPACE = 50;
const INTERVAL = '10s';
export const INTERVAL_MS = 10_000;

export interface Member {
  readonly name: string;
  readonly namespace: string;
  readonly key: CanaryKey;
}

export function members(count: number): readonly Member[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `app-${String(index).padStart(5, '0')}`;
    const namespace = `team-${Math.floor(index / CANARIES_PER_NAMESPACE)}`;
    return { name, namespace, key: `${namespace}/${name}` };
  });
}

/** What its team writes for a release: the Canary and its Deployment, by path. */
export function manifestsOf(
  { name, namespace }: Member,
  version: string,
  analysis: Analysis,
): Readonly<Record<string, string>> {
  const strategy =
    analysis === 'weights'
      ? '{maxWeight: 100, stepWeight: 1'
      : '{iterations: 1000, match: [{headers: {x-tester: {exact: "yes"}}}]';
  const canary = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  service: {port: 9080}
  analysis: ${strategy}, interval: ${INTERVAL}, threshold: 1, metrics: [{name: request-success-rate, interval: 1m, thresholdRange: {min: 99}}]}
`;
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "example/app:${version}", ports: [{containerPort: 9080}]}]}
`;
  const folder = `${namespace}/${name}`;
  return { [`${folder}/canary.yaml`]: canary, [`${folder}/deployment.yaml`]: deployment };
}
