import { expect, it } from 'vitest';
import { parseManifestYaml } from '../../../constructs/manifest-yaml.ts';
import type { Manifest } from '../../../constructs/manifest.ts';
import type { ResolvedCanary } from '../../../engine/render/resolved-canary.ts';
import { parseTrafficFile, trafficFolder } from '../../../engine/render/traffic-folder.ts';

const CANARY = { key: 'default/reviews' } as unknown as ResolvedCanary;
const SERVICE: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'reviews', namespace: 'default', annotations: { mode: '0644', on: 'yes' } },
  spec: { ports: [{ port: 80, name: 'http' }], selector: {} },
};

it('a file that was just written reads as the object that it was written from, as any other does', () => {
  const [text = ''] = trafficFolder(CANARY, [SERVICE]).values();
  expect(parseTrafficFile(text)).toEqual(SERVICE);
  expect(parseManifestYaml(text)).toEqual(SERVICE);
  const edited = text.replace('port: 80', 'port: 8080');
  expect(parseTrafficFile(edited)).toEqual(parseManifestYaml(edited));
});
