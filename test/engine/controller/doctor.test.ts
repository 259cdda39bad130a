import { describe, expect, it } from 'vitest';
import { examine } from '../../../engine/controller/doctor.ts';
import { layoutOf } from '../../../engine/core/cells.ts';
import type { SyncState } from '../../../engine/core/liveness.ts';
import type { RequestCounts } from '../../../engine/core/effect.ts';
import type { DeliveryBranches } from '../../../engine/ports/delivery-branches.ts';
import type { Inspector } from '../../../engine/ports/inspector.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface World {
  readonly sync?: SyncState;
  readonly counts?: RequestCounts;
}

function aWorld({
  sync = { state: 'synced', revision: 'a'.repeat(40) },
  counts = { state: 'counted', primary: 0, canary: 0 },
}: World = {}) {
  return {
    sync: { synced: () => Promise.resolve(sync), poke: () => Promise.resolve() },
    metrics: {
      measure: () => Promise.reject(new Error('nobody measures')),
      requests: () => Promise.resolve(counts),
    },
    clock: new FakeClock(),
  };
}

const statuses = async (world: World, inspectors: readonly Inspector[] = []) =>
  (await examine(aWorld(world), inspectors)).map(
    ({ part, check, status }) => `${part} ${check}: ${status}`,
  );

describe('an examination', () => {
  it('asks the agent for both trees, and the metrics server for nothing in particular', async () => {
    expect(await statuses({})).toEqual([
      'sync workloads: ok',
      'sync traffic: ok',
      'metrics reachable: ok',
    ]);
  });

  it.each([
    [
      { sync: { state: 'unknown', why: 'there is no Kustomization' } } as const,
      'sync traffic: warning',
    ],
    [
      { sync: { state: 'synced', revision: 'a', hindrance: 'it is suspended' } } as const,
      'sync workloads: warning',
    ],
    [
      { counts: { state: 'unmeasured', why: 'connection refused' } } as const,
      'metrics reachable: failure',
    ],
  ])('finds %j', async (world, finding) => {
    expect(await statuses(world)).toContain(finding);
  });

  it('asks for the objects of one cell where each cell has its own', async () => {
    const asked: string[] = [];
    const layout = layoutOf('delivery/{cell}', 3);
    const syncOf = (branch: string) => {
      asked.push(branch);
      return aWorld().sync;
    };
    const nobody = () => {
      throw new Error('nobody reads or pushes');
    };
    const branches: DeliveryBranches = { at: nobody, existing: nobody, publish: nobody };
    const pattern = { state: 'unknown', why: 'there is no shop-{cell}-traffic' } as const;
    const cells = { layout, previous: [], branches, syncOf };
    const findings = await examine({ ...aWorld({ sync: pattern }), cells }, []);
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    expect(new Set(asked)).toEqual(new Set(['delivery/0']));
  });

  it('hides nothing because of one who cannot answer', async () => {
    const broken = { inspect: () => Promise.reject(new Error('a bug')) };
    const sound = {
      inspect: () =>
        Promise.resolve([{ part: 'x', check: 'y', status: 'ok', message: 'z' } as const]),
    };
    const findings = await examine(aWorld(), [broken, sound]);
    expect(findings).toContainEqual({
      part: 'doctor',
      check: 'examination',
      status: 'failure',
      message: 'a bug',
      remedy: expect.stringContaining('report'),
    });
    expect(findings).toContainEqual(expect.objectContaining({ part: 'x' }));
  });
});
