import type { AlertReceiver } from '../../../../constructs/canary-spec.ts';
import type { Alert } from '../../../../engine/ports/notifier.ts';
import { T0_MS, TIP } from '../../../support/builders.ts';

/** What Flagger says when a rollout starts. */
export function anAlert(differing: Partial<Alert> = {}): Alert {
  return {
    name: 'podinfo',
    namespace: 'test',
    severity: 'info',
    message: 'New revision detected, progressing canary analysis.',
    fields: [
      { name: 'Target', value: 'Deployment/podinfo.test' },
      { name: 'Failed checks threshold', value: '5' },
      { name: 'Progress deadline', value: '600s' },
      { name: 'Traffic routing', value: 'Weight step: 25 max: 50' },
    ],
    phase: 'Progressing',
    run: 'test/podinfo 1',
    revision: 'two',
    commit: TIP,
    atMs: T0_MS,
    ...differing,
  };
}

export const AN_ERROR: Partial<Alert> = {
  severity: 'error',
  message: 'Failed checks threshold reached 5',
  fields: [],
  phase: 'Failed',
};

export function aReceiver(differing: Partial<AlertReceiver> = {}): AlertReceiver {
  return { service: 'slack', channel: 'releases', username: 'flagger', ...differing };
}
