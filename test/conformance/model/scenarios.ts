import type { Fields } from '../fields.ts';
import type { Trace } from '../trace.ts';
import { record } from './record.ts';

const INITIAL = 'lab/podinfo:1.0.0';

/** A Deployment and its Canary, for the model to make something of. */
export function inputOf(
  analysis: Fields,
  canary: Fields = {},
  target: Fields = {},
): Trace['input'] {
  const labels = { app: 'podinfo' };
  const containers = [{ name: 'app', image: INITIAL, ports: [{ containerPort: 9898 }] }];
  const template = { metadata: { labels }, spec: { containers } };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'podinfo' },
      spec: { replicas: 1, selector: { matchLabels: labels }, template, ...target },
    },
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'podinfo' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
        service: { port: 9898 },
        ...canary,
        analysis: { interval: '10s', threshold: 3, ...analysis },
      },
    },
  ];
}

export function release(image: string, when: Fields, annotations?: Fields): Fields {
  return {
    do: 'template',
    image: `lab/podinfo:${image}`,
    when,
    ...(annotations && { annotations }),
  };
}

export const INSIDERS = [{ headers: { 'x-canary': { exact: 'insider' } } }];
const SUCCESS_RATE = { name: 'request-success-rate', thresholdRange: { min: 99 } };
/** For what comes after an end. */
const SETTLE_SECONDS = 30;
const ENDED = { phase: ['Succeeded', 'Failed'] };

/** What no recording shows, as the model of Flagger has it. */
export function scenarios(): readonly Trace[] {
  const ladder = { stepWeight: 10, maxWeight: 30 };
  const made = (
    name: string,
    input: Trace['input'],
    actions: readonly Fields[],
    answers: Fields = {},
  ) => record(name, input, { actions, until: ENDED, ...answers }, SETTLE_SECONDS);
  return [
    made('failed-promotion', inputOf(ladder, {}, { progressDeadlineSeconds: 40 }), [
      release('2.0.0', { phase: 'Initialized' }, { 'lab.unready': 'primary' }),
    ]),
    made('revision-after-failed-promotion', inputOf(ladder, {}, { progressDeadlineSeconds: 40 }), [
      release('2.0.0', { phase: 'Initialized' }, { 'lab.unready': 'primary' }),
      release('3.0.0', { phase: 'Failed', after: 35 }, { 'lab.unready': 'none' }),
    ]),
    made('service-edited-mid-run', inputOf(ladder), [
      release('2.0.0', { phase: 'Initialized' }),
      edited({ service: { timeout: '7s' } }, { weight: 20 }),
    ]),
    made('service-edited-in-test', inputOf({ iterations: 3, match: INSIDERS }), [
      release('2.0.0', { phase: 'Initialized' }),
      edited({ service: { timeout: '7s' } }, { phase: 'Progressing', after: 25 }),
    ]),
    made(
      'newer-revision-at-threshold',
      inputOf({ ...ladder, threshold: 1, metrics: [SUCCESS_RATE] }),
      [
        release('2.0.0', { phase: 'Initialized' }),
        release('3.0.0', { phase: 'Progressing', after: 34 }),
      ],
      { metrics: { 'request-success-rate': [90, 100] } },
    ),
  ];
}

function edited(spec: Fields, when: Fields): Fields {
  return { do: 'patch', kind: 'Canary', name: 'podinfo', patch: { spec }, when };
}
