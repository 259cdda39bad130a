import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSource } from '../../engine/config/load-source.ts';
import { Reviews } from '../../examples/reviews/chart.ts';

const FOLDER = join(import.meta.dirname, '../../examples/reviews');

function text(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8');
}

describe('the reviews example', () => {
  it('says the same in YAML and as constructs', () => {
    const manifests: readonly unknown[] = new Reviews(new App()).toJson();
    expect(manifests).toHaveLength(2);
    expect(manifests).toContainEqual(parse(text('canary.yaml')));
    expect(manifests).toContainEqual(parse(text('deployment-v1.yaml')));
  });

  it.each(['v1', 'v2', 'v3'])('is accepted by the engine in version %s', (version) => {
    const files = ['canary.yaml', `deployment-${version}.yaml`];
    const source = loadSource(
      files.map((path) => ({ path, text: text(path) })),
      { established: new Set() },
    );
    expect(source.problems).toEqual([]);
    expect(source.canaries.map(({ key }) => key)).toEqual(['default/reviews']);
    expect(source.canaries[0]?.spec.analysis.strategy).toEqual({
      kind: 'canary',
      stepWeights: [10, 20, 30, 40, 50],
    });
  });

  it('releases another revision with each version', () => {
    const revisions = ['v1', 'v2', 'v3'].map((version) => {
      const files = ['canary.yaml', `deployment-${version}.yaml`];
      const { canaries } = loadSource(
        files.map((path) => ({ path, text: text(path) })),
        { established: new Set() },
      );
      return canaries[0]?.revision;
    });
    expect(new Set(revisions).size).toBe(3);
    expect(revisions).not.toContain(undefined);
  });
});
