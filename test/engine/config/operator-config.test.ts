import { describe, expect, it } from 'vitest';
import { parseOperatorConfig } from '../../support/operator-config.ts';

const parse = (text: string) => parseOperatorConfig(text, 'serin.yaml');
const valid = `
source: { repository: ., branch: main }
delivery: { repository: ., branch: delivery/prod }
`;

describe('serin.yaml', () => {
  it('needs only to say where people write and what is delivered', () => {
    expect(parse(valid)).toEqual({
      config: {
        source: { repository: '.', branch: 'main', path: '.' },
        labels: { selectors: ['app', 'name', 'app.kubernetes.io/name'], prefixes: [] },
        delivery: { repository: '.', branch: 'delivery/prod', previous: [] },
        commits: { name: 'Serin', email: 'serin@localhost', coAuthors: true },
        rollback: { source: 'keep' },
        poll: 10_000,
        notifications: { alerts: [] },
      },
    });
  });

  it('takes a folder for a source', () => {
    const text = 'source: { folder: dist }\ndelivery: { repository: ., branch: d }\n';
    expect(parse(text)).toMatchObject({ config: { source: { folder: 'dist' } } });
  });

  it('takes rejected releases out of a repository, and out of no folder', () => {
    const rollback = 'rollback: { source: commit }\n';
    expect(parse(`${valid}${rollback}`)).toMatchObject({
      config: { rollback: { source: 'commit' } },
    });
    const text = `source: { folder: dist }\ndelivery: { repository: ., branch: d }\n${rollback}`;
    expect(parse(text)).toMatchObject({
      problems: [{ code: 'invalid-field', location: { line: 3, field: 'rollback.source' } }],
    });
  });

  it('says every mistake at once, with its line', () => {
    const loaded = parse(`${valid}poll: soon\nclustr: {}\nmetrics: { provider: scrape }\n`);
    expect(loaded).toMatchObject({
      problems: [
        { code: 'invalid-field', location: { line: 4, field: 'poll' } },
        { code: 'unknown-field', remedy: 'did you mean cluster?', location: { line: 5 } },
        { code: 'missing-field', location: { line: 6, field: 'metrics.address' } },
      ],
    });
  });

  it('takes the labels that targets are read by', () => {
    expect(parse(valid)).toMatchObject({
      config: { labels: { selectors: ['app', 'name', 'app.kubernetes.io/name'], prefixes: [] } },
    });
    const labels = { selectors: ['service'], prefixes: ['team/'] };
    expect(parse(`${valid}labels: ${JSON.stringify(labels)}\n`)).toMatchObject({
      config: { labels },
    });
    expect(parse(`${valid}labels: { selectors: [], prefixes: [""] }\n`)).toMatchObject({
      problems: [
        { code: 'invalid-field', location: { field: 'labels.selectors' } },
        { code: 'invalid-field', location: { field: 'labels.prefixes[0]' } },
      ],
    });
    expect(parse(`${valid}labels: { selectors: [a b] }\n`)).toMatchObject({
      problems: [{ location: { field: 'labels.selectors[0]' } }],
    });
  });

  it('takes a lease for a Kubernetes cluster, and only whole', () => {
    const sync = 'sync: { agent: argocd, workloads: w, traffic: t }';
    const cluster = (lease: string) =>
      parse(`${valid}cluster: { provider: kubernetes, ${sync}, lease: ${lease} }\n`);
    expect(cluster('{ namespace: serin, name: prod }')).toMatchObject({
      config: { cluster: { lease: { namespace: 'serin', name: 'prod' } } },
    });
    expect(cluster('{ name: prod }')).toMatchObject({
      problems: [{ code: 'missing-field', location: { field: 'cluster.lease.namespace' } }],
    });
  });

  it('takes an address to serve metrics on', () => {
    expect(parse(`${valid}serve: :8080\n`)).toMatchObject({ config: { serve: { port: 8080 } } });
    expect(parse(`${valid}serve: "8080"\n`)).toMatchObject({
      problems: [{ code: 'invalid-field', location: { field: 'serve' } }],
    });
  });

  it('takes a budget of pushes, which must leave something for ordinary steps', () => {
    const pushes = (text: string) =>
      parse(`source: { folder: d }\ndelivery: { repository: ., branch: d, pushes: ${text} }\n`);
    expect(pushes('{ perMinute: 20 }')).toMatchObject({
      config: { delivery: { pushes: { perMinute: 20, reserved: 6 } } },
    });
    expect(pushes('{ perMinute: 3, reserved: 0 }')).toMatchObject({
      config: { delivery: { pushes: { perMinute: 3, reserved: 0 } } },
    });
    expect(pushes('{ perMinute: 2, reserved: 2 }')).toMatchObject({
      problems: [
        {
          code: 'invalid-field',
          message:
            'delivery.pushes.reserved is 2: it must leave at least one of 2 pushes for ordinary steps',
        },
      ],
    });
    expect(pushes('{ perMinute: 0 }')).toMatchObject({ problems: [{ code: 'invalid-field' }] });
  });

  it('takes a committer and a key to sign with', () => {
    const commits = {
      name: 'Serin',
      email: 'serin@example.org',
      committer: { name: 'Bot', email: 'bot@example.org' },
      signing: { format: 'ssh', key: '/etc/key' },
    };
    expect(parse(`${valid}commits: ${JSON.stringify(commits)}\n`)).toMatchObject({
      config: { commits },
    });
  });

  it.each([
    ['commits: { name: "a <b" }', 'commits.name'],
    ['commits: { name: "a\\nauthor x" }', 'commits.name'],
    ['commits: { email: "a b" }', 'commits.email'],
    ['commits: { committer: { name: Bot } }', 'commits.committer.email'],
    ['commits: { signing: { format: x509, key: k } }', 'commits.signing.format'],
  ])('refuses what would break a commit: %s', (line, field) => {
    expect(parse(`${valid}${line}\n`)).toMatchObject({ problems: [{ location: { field } }] });
  });

  it('says where its YAML is broken', () => {
    expect(parse('source: [')).toMatchObject({
      problems: [{ code: 'yaml-syntax', location: { file: 'serin.yaml' } }],
    });
  });

  it('refuses aliases, which nobody needs there', () => {
    const loaded = parseOperatorConfig('source: &a { folder: dist }\ndelivery: *a\n', 'serin.yaml');
    expect(loaded).toMatchObject({ problems: [{ code: 'yaml-alias-limit' }] });
  });
});

describe('notifications in serin.yaml', () => {
  const alerts = (text: string) => parse(`${valid}notifications:\n  alerts: [${text}]\n`);

  it('tell everything to the channel that Flagger takes by itself', () => {
    expect(alerts('{ type: slack, address: https://hooks.test/1 }')).toMatchObject({
      config: {
        notifications: {
          alerts: [{ type: 'slack', severity: 'info', channel: 'general', username: 'flagger' }],
        },
      },
    });
  });

  it.each([
    ['neither address nor credentials', '{ type: slack }'],
    ['both', '{ type: slack, address: https://hooks.test/1, credentials: /etc/alerts }'],
  ])('refuse %s', (_, text) => {
    expect(alerts(text)).toMatchObject({
      problems: [
        {
          code: 'invalid-field',
          message:
            'notifications.alerts[0].address must be there, or credentials must, and not both',
        },
      ],
    });
  });

  it.each([
    'hooks.test/services/secret',
    '[https://hooks.test/services/secret]',
    'https://me:secret@hooks.test/',
  ])('refuse the address %s without quoting it', (address) => {
    const loaded = parse(`${valid}notifications: { eventWebhook: "${address}" }\n`);
    expect(loaded).toMatchObject({
      problems: [{ code: 'invalid-field', location: { field: 'notifications.eventWebhook' } }],
    });
    expect(JSON.stringify(loaded)).not.toContain('secret');
  });

  it('refuse a service that nobody knows, and name those that are known', () => {
    expect(alerts('{ type: teams, address: https://hooks.test/1 }')).toMatchObject({
      problems: [{ code: 'invalid-field', location: { field: 'notifications.alerts[0].type' } }],
    });
  });
});

describe('a pattern of delivery branches', () => {
  const FLUX = 'sync: { agent: flux, workloads: s-{cell}-workloads, traffic: s-{cell}-traffic }';
  const cluster = (sync: string) => `cluster: { provider: kubernetes, ${sync} }\n`;
  const delivering = (delivery: string, rest = '') =>
    parse(`source: { folder: d }\ndelivery: { repository: ., ${delivery} }\n${rest}`);
  const quoted = (sync: string) => sync.replaceAll(/s-\{cell\}[a-z-]*/g, (name) => `"${name}"`);

  it('may say how many cells there are', () => {
    expect(delivering('branch: "delivery/{cell}", cells: 8', cluster(quoted(FLUX)))).toMatchObject({
      config: { delivery: { branch: 'delivery/{cell}', cells: 8 } },
    });
  });

  it.each([
    [
      'branch: "d/{team}"',
      'delivery.branch',
      '{team} is no placeholder: use {namespace} or {cell}',
    ],
    ['branch: "d/{cell}/{namespace}"', 'delivery.branch', 'more than one placeholder'],
    ['branch: d/prod, cells: 8', 'delivery.cells', 'the branch is d/prod'],
    ['branch: "d/{cell}", cells: 0', 'delivery.cells', '0'],
  ])('%s is a mistake', (delivery, field, words) => {
    expect(delivering(delivery)).toMatchObject({
      problems: [{ location: { field }, message: expect.stringContaining(words) as string }],
    });
  });

  it('needs objects of the agent for each of its branches', () => {
    const sync = 'sync: { agent: flux, workloads: "w-{cell}", traffic: "t-{namespace}" }';
    expect(delivering('branch: "d/{cell}"', cluster(sync))).toMatchObject({
      problems: [{ location: { field: 'cluster.sync.traffic' } }],
    });
    expect(delivering('branch: d', cluster(quoted(FLUX)))).toMatchObject({
      problems: [{}, { message: expect.stringContaining('has none') as string }],
    });
  });
});
