import { describe, expect, it } from 'vitest';
import type { DeploymentManifest } from '../../constructs/index.ts';
import { selectorLabelOf } from '../../constructs/index.ts';

function selecting(matchLabels: Record<string, string>): DeploymentManifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'reviews' },
    spec: { selector: { matchLabels }, template: {} },
  };
}

describe('selectorLabelOf', () => {
  it.each([
    [
      { 'app.kubernetes.io/name': 'c', name: 'b', app: 'a' },
      { key: 'app', value: 'a' },
    ],
    [
      { 'app.kubernetes.io/name': 'c', name: 'b' },
      { key: 'name', value: 'b' },
    ],
    [{ 'app.kubernetes.io/name': 'c' }, { key: 'app.kubernetes.io/name', value: 'c' }],
  ])('takes the first known label of %j, whatever their order', (labels, expected) => {
    expect(selectorLabelOf(selecting(labels))).toEqual(expected);
  });

  it('has no answer when the target selects by none of them', () => {
    expect(selectorLabelOf(selecting({ component: 'reviews' }))).toBeUndefined();
  });
});
