import { expect, it } from 'vitest';
import { loadSource } from '../../../engine/config/load-source.ts';
import { observeOrigin } from '../../../engine/controller/observe-origin.ts';
import type { ObjectOrigin } from '../../../engine/core/origin.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

const HOME = 'workloads/default/_other/service-reviews.yaml';
const LEFT = 'traffic/default/_other/service-reviews.yaml';

function aService(port: number): string {
  return `kind: Service\nmetadata: {name: reviews}\nspec: {ports: [{port: ${port}}]}\n`;
}

interface Standing {
  readonly branch?: Readonly<Record<string, string>>;
  readonly marked?: Readonly<Record<string, ObjectOrigin>>;
}

async function obstacleTo({ branch = {}, marked = {} }: Standing, spec = {}) {
  const files = [aCanaryFile({ spec }), aDeploymentFile()].map((text, index) => ({
    path: `${index}.yaml`,
    text,
  }));
  const [canary] = loadSource(files, { established: new Set() }).canaries;
  if (canary === undefined) throw new Error('the source is not in order');
  const delivery = {
    list: (_: string, folder: string) =>
      Promise.resolve(
        Object.entries(branch)
          .filter(([path]) => path.startsWith(`${folder}/`))
          .map(([path, text]) => ({ path, blob: text })),
      ),
    read: (blobs: readonly string[]) => Promise.resolve(new Map(blobs.map((text) => [text, text]))),
  } as unknown as DeliveryRepository;
  const asked: string[] = [];
  const origins = {
    origin: () => Promise.resolve({ state: 'missing' } as const),
    object: ({ kind, name }: { kind: string; name: string }) => {
      asked.push(`${kind}/${name}`);
      return Promise.resolve(marked[`${kind}/${name}`] ?? { state: 'missing' as const });
    },
  };
  const { obstacle } = await observeOrigin({ delivery, origins }, 'tip', canary);
  return { obstacle, asked };
}

it('a new canary looks at everything that a real Flagger could have made or marked', async () => {
  const { obstacle, asked } = await obstacleTo({});
  expect(obstacle).toBeUndefined();
  expect(asked.toSorted()).toEqual([
    'Canary/reviews',
    'Service/reviews',
    'Service/reviews-canary',
    'Service/reviews-primary',
    'VirtualService/reviews',
  ]);
  const marked = { 'Service/reviews': { state: 'found', owner: 'Canary reviews' } } as const;
  expect((await obstacleTo({ marked })).obstacle).toMatchObject({
    why: expect.stringContaining('Service reviews.default is there already and belongs to'),
  });
});

it.each([HOME, LEFT])(
  'a Service of other ports that stands at %s is not taken over',
  async (path) => {
    const { obstacle } = await obstacleTo({ branch: { [path]: aService(80) } });
    expect(obstacle).toMatchObject({ why: expect.stringContaining('its port 80 would be gone') });
    expect((await obstacleTo({ branch: { [path]: aService(9080) } })).obstacle).toBeUndefined();
  },
);

it('a suspended canary looks at nothing', async () => {
  const { asked } = await obstacleTo({}, { suspend: true });
  expect(asked).toEqual([]);
});
