/** Recordings and manifests as they come: nothing is known of a field before it is looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The images of a workload's containers. */
export function imagesOf(manifest: Fields | undefined): string {
  const { template } = fields(manifest?.['spec']);
  return list(fields(fields(template)['spec'])['containers'])
    .map(({ image }) => text(image))
    .join(' ');
}
