import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { apply, dryRun, kubectl } from '../harness/control-plane.ts';
import { DELIVERY_BRANCH, git, REPOSITORIES } from '../harness/git.ts';
import { ISTIOD } from '../harness/mesh.ts';
import { ROOT } from '../harness/surroundings.ts';

const GOLDEN = join(ROOT, 'test/golden');

/** Needs an API server and nothing else: it may run beside a scenario that waits. */
export function goldenScenario(): void {
  describe('the API server', () => {
    beforeAll(() => {
      const namespaces = goldenFolders().map((folder) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespaceOf(folder) },
      }));
      apply(...gatewayCrds(), ...namespaces);
      kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
    });

    it.each(goldenFolders())('takes every object of the golden folder %s', async (folder) => {
      const namespace = namespaceOf(folder);
      const manifests = goldenManifests(`${folder}/expected/**/*.yaml`).map(
        ({ metadata, ...manifest }) => ({ ...manifest, metadata: { ...metadata, namespace } }),
      );
      expect(manifests.length).toBeGreaterThan(4);
      await dryRun(...manifests);
    });
  });
}

/** Runs last: by then the branch holds every route that the scenarios made the engine write. */
export function validatorScenario(): void {
  describe("istiod's validator", () => {
    it('passes every routing object that was ever committed', async () => {
      const manifests = everyManifest();
      expect(manifests.length).toBeGreaterThan(10);
      for (const manifest of manifests) {
        const verdict = await validate(parse(manifest) as RoutingObject);
        expect(verdict, manifest).toEqual({ allowed: true });
      }
    });

    it('passes every routing object of the golden folders', async () => {
      const manifests = goldenManifests('istio/**/{virtualservice,destinationrule}-*.yaml');
      expect(manifests.length).toBeGreaterThan(20);
      for (const manifest of manifests) {
        expect(await validate(manifest), JSON.stringify(manifest)).toEqual({ allowed: true });
      }
    });
  });
}

/** Each has one of its own: what is applied is merged with what is there. */
function namespaceOf(folder: string): string {
  return `golden-${folder.replaceAll('/', '-')}`;
}

interface GoldenObject {
  readonly kind: string;
  readonly metadata: object;
}

function goldenFolders(): readonly string[] {
  return globSync('*/*/expected', { cwd: GOLDEN })
    .map((path) => dirname(path))
    .toSorted();
}

function goldenManifests(pattern: string): readonly GoldenObject[] {
  return globSync(pattern, { cwd: GOLDEN }).map(
    (file) => parse(readFileSync(join(GOLDEN, file), 'utf8')) as GoldenObject,
  );
}

/** The API server wants to know who approved a kind of a group that belongs to Kubernetes. */
function gatewayCrds(): readonly object[] {
  const text = readFileSync(join(ROOT, 'imports/crds/gateway-api.yaml'), 'utf8');
  return parseAllDocuments(text).map((document) => {
    const crd = document.toJS() as { readonly metadata: object };
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, a copy for tests' };
    return { ...crd, metadata: { ...crd.metadata, annotations } };
  });
}

interface RoutingObject {
  readonly kind: string;
}

/** Every version of every VirtualService and DestinationRule on the branch, each once. */
function everyManifest(): readonly string[] {
  const bare = join(REPOSITORIES, 'delivery.git');
  const raw = git(
    bare,
    'log',
    '--raw',
    '--no-abbrev',
    '--format=',
    DELIVERY_BRANCH,
    '--',
    'traffic',
  );
  const blobs = new Set(
    raw
      .split('\n')
      .filter((line) => /(virtualservice|destinationrule)[^/]*\.yaml$/i.test(line))
      .map((line) => line.split(' ')[3] ?? '')
      .filter((blob) => !/^0+$/.test(blob)),
  );
  return [...blobs].map((blob) => git(bare, 'cat-file', 'blob', blob));
}

async function validate(object: RoutingObject): Promise<object> {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'e2e',
      kind: { group: 'networking.istio.io', version: 'v1', kind: object.kind },
      operation: 'CREATE',
      object,
    },
  };
  const answer = await fetch(`${ISTIOD}/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(review),
  });
  const { response } = (await answer.json()) as {
    readonly response: {
      readonly allowed: boolean;
      readonly status?: { readonly message: string };
    };
  };
  const { allowed, status } = response;
  return { allowed, ...(allowed ? {} : { why: status?.message }) };
}
