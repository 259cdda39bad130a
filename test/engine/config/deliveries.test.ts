import { describe, expect, it } from 'vitest';
import { parseOperatorConfigs } from '../../../engine/config/operator-config.ts';

const parse = (text: string) => parseOperatorConfigs(text, 'serin.yaml');

const TWO = `
source: { repository: ., branch: main }
poll: 5s
cluster:
  provider: kubernetes
  sync: { agent: flux, workloads: shop-workloads, traffic: shop-traffic }
  lease: { namespace: serin-system, name: serin }
deliveries:
  - { name: eu, repository: ., branch: delivery/eu }
  - name: us
    repository: .
    branch: delivery/us
    sync: { agent: flux, workloads: us-workloads, traffic: us-traffic }
    source: { repository: ., branch: us }
    metrics: { provider: prometheus, address: http://us.example }
`;

describe('several deliveries', () => {
  it('share what stands at the top, and have the rest of their own', () => {
    expect(parse(TWO)).toMatchObject({
      configs: [
        {
          name: 'eu',
          config: {
            delivery: { branch: 'delivery/eu' },
            source: { branch: 'main' },
            poll: 5_000,
            cluster: { sync: { workloads: 'shop-workloads' } },
          },
        },
        {
          name: 'us',
          config: {
            delivery: { branch: 'delivery/us' },
            source: { branch: 'us' },
            poll: 5_000,
            cluster: { sync: { workloads: 'us-workloads' } },
            metrics: { address: 'http://us.example' },
          },
        },
      ],
    });
  });

  it('are led each for itself', () => {
    const loaded = parse(TWO);
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    const leases = loaded.configs.map(({ config: { cluster } }) =>
      cluster?.provider === 'kubernetes' ? cluster.lease?.name : undefined,
    );
    expect(leases).toEqual(['serin-eu', 'serin-us']);
  });

  it('say every mistake where it is written, and what is common to them once', () => {
    const text = TWO.replace('poll: 5s', 'poll: soon').replace('workloads: us-workloads,', '');
    expect(parse(text)).toMatchObject({
      problems: [
        { location: { field: 'poll', line: 3 } },
        { location: { field: 'deliveries[1].sync.workloads' } },
      ],
    });
    expect(parse(TWO.replace('branch: delivery/eu', 'branch: "{team}"'))).toMatchObject({
      problems: [{ location: { field: 'deliveries[0].branch', line: 9 } }],
    });
  });

  it.each([
    ['- { name: a, repository: ., branch: d }\n- { name: a, repository: ., branch: e }', 'another'],
    [
      '- { name: a, repository: ., branch: d }\n- { name: b, repository: ., branch: d }',
      'a writes',
    ],
    ['- { name: Ä, repository: ., branch: d }', 'lower case'],
    ['- { repository: ., branch: d }', 'name is missing'],
    ['[]', ''],
  ])('%s is a mistake', (list, words) => {
    const loaded = parse(`source: { folder: d }\ndeliveries:\n${list.replaceAll(/^/gm, '  ')}\n`);
    expect(loaded).toMatchObject({
      problems: [{ message: expect.stringContaining(words) as string }],
    });
  });

  it('stand beside no delivery without a name', () => {
    expect(parse(`${TWO}delivery: { repository: ., branch: d }\n`)).toMatchObject({
      problems: [{ location: { field: 'delivery' } }],
    });
  });
});
