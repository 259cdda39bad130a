import type { SourceOutcome, SourceReader } from '../../engine/ports/source-reader.ts';
import { type Fields, fields, isFields } from './fields.ts';
import { firstObjects, ownSubject } from './recorded.ts';
import type { Trace, TraceAction, TraceManifest } from './trace.ts';

/** What people write: the manifests of a trace, and their edits of them, each a commit. */
export class ScriptedSource implements SourceReader {
  readonly #namespace: string;
  readonly #target: string;
  #objects: readonly TraceManifest[];
  #commit = 1;

  constructor(trace: Trace) {
    this.#namespace = trace.scenario;
    this.#target = ownSubject(trace).target;
    this.#objects = firstObjects(trace);
  }

  read(): Promise<SourceOutcome> {
    const files = this.#objects.map((object, index) => ({
      path: `${String(index + 1).padStart(2, '0')}-${object.kind.toLowerCase()}.yaml`,
      text: JSON.stringify(inNamespace(object, this.#namespace), undefined, 1),
    }));
    const commit = String(this.#commit).padStart(40, '0');
    return Promise.resolve({ kind: 'read', snapshot: { commit, files } });
  }

  get objects(): readonly TraceManifest[] {
    return this.#objects;
  }

  /**
   * Whether an action is an edit of the source; it is done then. People write what stands there in
   * the source and change everything else by hand. So they do with a workload that they scale to
   * zero: nobody releases that.
   */
  perform(action: TraceAction): boolean {
    switch (action.do) {
      case 'template':
        this.#edit(action.kind, action.name ?? this.#target, (object) => released(object, action));
        return true;
      case 'create':
        this.#write([...this.#objects, action.object]);
        return true;
      case 'delete': {
        const { kind, name } = action;
        if (!this.#holds(kind, name)) return false;
        this.#write(this.#objects.filter((object) => !isNamed(object, kind, name)));
        return true;
      }
      case 'patch': {
        const { kind, name, patch, sub } = action;
        const isScaledToZero = fields(patch['spec'])['replicas'] === 0;
        if (sub !== undefined || isScaledToZero || !this.#holds(kind, name)) return false;
        this.#edit(kind, name, (object) => merge(object, patch) as TraceManifest);
        return true;
      }
      case 'vsweights':
        return false;
    }
  }

  #holds(kind: string, name: string): boolean {
    return this.#objects.some((object) => isNamed(object, kind, name));
  }

  #edit(kind: string, name: string, change: (object: TraceManifest) => TraceManifest): void {
    this.#write(
      this.#objects.map((object) => (isNamed(object, kind, name) ? change(object) : object)),
    );
  }

  #write(objects: readonly TraceManifest[]): void {
    this.#objects = objects;
    this.#commit += 1;
  }
}

function isNamed(object: TraceManifest, kind: string, name: string): boolean {
  return object.kind === kind && object.metadata.name === name;
}

/** Recordings leave the namespace out; messages show that it was the scenario's name. */
function inNamespace(object: TraceManifest, namespace: string): TraceManifest {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Another image, another annotation of the pods, or both. */
export function released(
  object: TraceManifest,
  { image, annotations }: Extract<TraceAction, { do: 'template' }>,
): TraceManifest {
  const metadata = annotations === undefined ? {} : { metadata: { annotations } };
  const annotated = merge(object, { spec: { template: metadata } }) as TraceManifest;
  return image === undefined ? annotated : withImage(annotated, image);
}

function withImage(object: TraceManifest, image: string): TraceManifest {
  const spec = fields(object['spec']);
  const template = fields(spec['template']);
  const pod = fields(template['spec']);
  const [first, ...others] = Array.isArray(pod['containers'])
    ? (pod['containers'] as Fields[])
    : [];
  const containers = [{ ...first, image }, ...others];
  return merge(object, { spec: { template: { spec: { containers } } } }) as TraceManifest;
}

/** @see https://datatracker.ietf.org/doc/html/rfc7386 */
export function merge(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, merge(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
