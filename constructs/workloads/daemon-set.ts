import type { DaemonSetManifest, JsonObject, PodTemplate } from '../manifest.ts';
import { primaryValue } from '../selector-label.ts';
import { copied, primaryMetadata, type PrimaryOf } from './primary-metadata.ts';
import { primaryTemplate } from './primary-pods.ts';

/** No node carries this label: a DaemonSet that asks for it has no pods. The name is Flagger's. */
const NOWHERE = 'flagger.app/scale-to-zero';

const COPIED_FIELDS = ['minReadySeconds', 'revisionHistoryLimit', 'updateStrategy'];

export function idleDaemonSet(target: DaemonSetManifest): DaemonSetManifest {
  const { template } = target.spec;
  const nodeSelector = { ...nodeSelectorOf(template), [NOWHERE]: 'true' };
  return withTemplate(target, { ...template, spec: { ...template.spec, nodeSelector } });
}

export function runningDaemonSet(target: DaemonSetManifest): DaemonSetManifest {
  return withTemplate(target, scheduledTemplate(target.spec.template));
}

export function primaryDaemonSet(target: DaemonSetManifest, of: PrimaryOf): DaemonSetManifest {
  const { label } = of;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: primaryMetadata(target, of),
    spec: {
      ...copied(target.spec, COPIED_FIELDS),
      selector: { matchLabels: { [label.key]: primaryValue(label) } },
      template: primaryTemplate(scheduledTemplate(target.spec.template), label),
    },
  };
}

/**
 * The pods without the mark that keeps them from every node: what is released. A selector of which
 * nothing is left goes as well, because it says the same as none.
 */
export function scheduledTemplate(template: PodTemplate): PodTemplate {
  if (template.spec?.['nodeSelector'] === undefined) return template;
  const { nodeSelector: _, ...spec } = template.spec;
  const { [NOWHERE]: __, ...nodeSelector } = nodeSelectorOf(template);
  const isEmpty = Object.keys(nodeSelector).length === 0;
  return { ...template, spec: { ...spec, ...(isEmpty ? {} : { nodeSelector }) } };
}

function nodeSelectorOf(template: PodTemplate): JsonObject {
  return (template.spec?.['nodeSelector'] ?? {}) as JsonObject;
}

function withTemplate(target: DaemonSetManifest, template: PodTemplate): DaemonSetManifest {
  return { ...target, spec: { ...target.spec, template } };
}
