import { advance, createFleet } from './fleet.ts';
import { type Bench, median, timedMs } from './measure.ts';

const SIZE = 1_000;
const ROUNDS = 5;
/** A thousand canaries that are due at once must be rendered within a second. */
const LIMIT_MS = 1;

/** What it costs to render one advance: record, evidence, routes and message. */
export const renderBench: Bench = {
  name: 'render',
  async run() {
    const { members } = createFleet(SIZE);
    const perCanary: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const durationMs = await timedMs(() => {
        for (const member of members) advance(member);
      });
      perCanary.push(durationMs / SIZE);
    }
    const ours = median(perCanary);
    return [
      {
        bench: 'render',
        what: 'one advance rendered',
        unit: 'ms/canary',
        ours,
        reference: LIMIT_MS,
        referenceName: 'limit',
        ratio: ours / LIMIT_MS,
        aim: '<= 1',
      },
    ];
  },
};
