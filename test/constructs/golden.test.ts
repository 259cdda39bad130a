import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Manifest, TargetScale, TrafficState } from '../../constructs/index.ts';
import {
  manifestYaml,
  renderCanaryObject,
  renderPrimary,
  renderTarget,
  renderTraffic,
} from '../../constructs/index.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { trackPods } from '../../engine/render/track-pods.ts';
import { canaryFolders, manifestFileName } from '../../engine/core/paths.ts';
import { hasSchema, schemaErrors } from '../support/crd-schema.ts';
import { expectGolden, goldenCases, goldenInput } from '../support/golden.ts';

/** What a rollout has reached in a case: what the routes are to say, and the scale of the target. */
interface State extends Omit<TrafficState, 'mirrored'> {
  readonly mirrored?: boolean;
  readonly scale?: TargetScale;
}

/** The two folders of one canary on the delivery branch, as the engine commits them. */
function renderCase(name: string): ReadonlyMap<string, string> {
  const paths = ['canary.yaml', 'target.yaml'];
  const { canaries, problems } = loadSource(
    paths.map((path) => ({ path, text: goldenInput(name, path) })),
    { established: new Set() },
  );
  expect(problems).toEqual([]);
  const [canary] = canaries;
  if (canary === undefined) throw new Error(`${name} holds no canary`);
  const {
    scale = 'running',
    mirrored = false,
    ...rest
  } = parse(goldenInput(name, 'state.yaml')) as State;
  const folders = canaryFolders(canary.key);
  const workloads = files(folders.workloads, [
    renderCanaryObject(canary.canaryManifest),
    renderTarget({ ...canary, scale }),
    renderPrimary(canary),
  ]);
  const traffic = renderTraffic({
    ...canary,
    ...trackPods(canary, workloads),
    state: { ...rest, mirrored },
  });
  expect(traffic.filter(hasSchema).flatMap(schemaErrors)).toEqual([]);
  return new Map([...workloads, ...files(folders.traffic, traffic)]);
}

function files(folder: string, manifests: readonly Manifest[]): ReadonlyMap<string, string> {
  return new Map(
    manifests.map((manifest) => [
      `${folder}/${manifestFileName(manifest.kind, manifest.metadata.name)}`,
      manifestYaml(manifest),
    ]),
  );
}

describe('rendered folders', () => {
  it('have a case for every routing provider', () => {
    const providers = new Set(goldenCases().map((name) => name.split('/')[0]));
    expect(providers).toEqual(new Set(['gatewayapi', 'istio', 'kubernetes']));
  });

  it.each(goldenCases())('are the golden ones: %s', (name) => {
    expectGolden(name, renderCase(name));
  });
});
