import { z } from 'zod';

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#parentreference */
const ParentRef = z.looseObject({
  group: z.string().default('gateway.networking.k8s.io'),
  kind: z.string().default('Gateway'),
  name: z.string(),
  namespace: z.string().optional(),
  sectionName: z.string().optional(),
  port: z.number().optional(),
});

type ParentRef = z.infer<typeof ParentRef>;

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.number().default(0),
});

type Condition = z.infer<typeof Condition>;

const Route = z.looseObject({
  metadata: z.looseObject({ generation: z.number().default(0) }),
  spec: z.looseObject({ parentRefs: z.array(ParentRef).default([]) }),
  status: z
    .looseObject({
      parents: z
        .array(
          z.looseObject({
            parentRef: ParentRef,
            controllerName: z.string().default(''),
            conditions: z.array(Condition).default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

type Parent = z.infer<typeof Route>['status']['parents'][number];

export function isGatewayRoute(apiVersion: string): boolean {
  return apiVersion.startsWith('gateway.networking.k8s.io/');
}

/**
 * Why a route is not accepted by each of its parents as it is now; nothing when it is. What was
 * said of an earlier generation counts for nothing, and what stands there from a controller that is
 * gone neither.
 */
export function whyNotAccepted(object: unknown, namespace: string): string | undefined {
  const parsed = Route.safeParse(object);
  if (!parsed.success) return 'its status does not read as the status of a route';
  const { metadata, spec, status } = parsed.data;
  for (const ref of spec.parentRefs) {
    const told = status.parents.filter(({ parentRef }) => isSameParent(parentRef, ref, namespace));
    const why = whyNot(told, metadata.generation);
    if (why !== undefined) return `${parentText(ref)} ${why}`;
  }
  return undefined;
}

const WANTED = { Accepted: 'True', ResolvedRefs: 'True', PartiallyInvalid: 'False' } as const;

function whyNot(told: readonly Parent[], generation: number): string | undefined {
  if (told.length === 0) return 'has not taken note of the route';
  const current = told.map(({ conditions }) =>
    conditions.filter(({ observedGeneration }) => observedGeneration >= generation),
  );
  const refusal = current.flat().find(isRefusal);
  if (refusal !== undefined) {
    const { type, status, reason, message } = refusal;
    return `says ${type} is ${status}: ${reason}${message === '' ? '' : `, ${message}`}`;
  }
  const isAccepted = (conditions: readonly Condition[]) =>
    ['Accepted', 'ResolvedRefs'].every((wanted) => conditions.some(({ type }) => type === wanted));
  return current.some(isAccepted) ? undefined : 'has not taken note of its latest change';
}

function isRefusal({ type, status }: Condition): boolean {
  return Object.hasOwn(WANTED, type) && status !== WANTED[type as keyof typeof WANTED];
}

function isSameParent(a: ParentRef, b: ParentRef, namespace: string): boolean {
  return (
    a.group === b.group &&
    a.kind === b.kind &&
    a.name === b.name &&
    (a.namespace ?? namespace) === (b.namespace ?? namespace) &&
    a.sectionName === b.sectionName &&
    a.port === b.port
  );
}

function parentText({ kind, namespace, name, sectionName }: ParentRef): string {
  const section = sectionName === undefined ? '' : `, section ${sectionName}`;
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}${section}`;
}
