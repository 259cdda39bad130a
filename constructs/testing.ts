import { App, Chart } from 'cdk8s';
import type { Manifest } from './manifest.ts';

/**
 * Builds a chart and gives back its manifests, for tests of what users write:
 * `synthManifests((chart) => new Canary(chart, 'reviews', props))`.
 *
 * @throws Error with every problem that the constructs find between each other.
 */
export function synthManifests(
  build: (chart: Chart) => unknown,
  options: { readonly namespace?: string } = {},
): readonly Manifest[] {
  const chart = new Chart(new App(), 'test', options);
  build(chart);
  return chart.toJson() as readonly Manifest[];
}
