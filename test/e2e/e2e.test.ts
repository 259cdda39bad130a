import { afterAll, beforeAll, describe } from 'vitest';
import { Stage } from './harness/stage.ts';
import { startWorld, type World } from './harness/world.ts';
import { auditScenario } from './scenarios/audit.ts';
import { driftScenario } from './scenarios/drift.ts';
import { istiodAwayScenario } from './scenarios/istiod-away.ts';
import { killScenario } from './scenarios/kills.ts';
import { leavingScenario } from './scenarios/leaving.ts';
import { lossScenario } from './scenarios/loss.ts';
import { refusedScenario } from './scenarios/refused.ts';
import { rolloutScenario } from './scenarios/rollout.ts';
import { goldenScenario, validatorScenario } from './scenarios/validator.ts';

let world: World;
const current = () => world;
const stage = new Stage();
beforeAll(async () => {
  world = await startWorld((line) => process.stderr.write(`${line}\n`));
  await world.engine.start();
});
afterAll(() => stage.close());

/** Two canaries of one cluster: whatever happens to one of them, the other may be slower, no more. */
describe('side by side', () => {
  describe.concurrent('the example', () => {
    describe.sequential('release by release', () => {
      rolloutScenario(current);
    });
  });
  describe.concurrent('its neighbour', () => {
    describe.sequential('in trouble', () => {
      beforeAll(() => stage.open());
      driftScenario(current, stage);
      refusedScenario(stage);
    });
  });
});
describe('while a minute passes', () => {
  describe.concurrent('without istiod', () => {
    describe.sequential('of one canary', () => {
      istiodAwayScenario(current, stage);
    });
  });
  describe.concurrent('for everything that is rendered', () => {
    describe.sequential('folder by folder', () => {
      goldenScenario();
    });
  });
});
killScenario(current, stage);
lossScenario(current);
leavingScenario(stage);
validatorScenario();
auditScenario();
