import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DELIVERY_BRANCH, git, REPOSITORIES } from '../harness/git.ts';
import { ISTIOD } from '../harness/mesh.ts';
import { ROOT } from '../harness/surroundings.ts';

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
      const manifests = goldenManifests();
      expect(manifests.length).toBeGreaterThan(5);
      for (const manifest of manifests) {
        const verdict = await validate(parse(manifest) as RoutingObject);
        expect(verdict, manifest).toEqual({ allowed: true });
      }
    });
  });
}

function goldenManifests(): readonly string[] {
  const golden = join(ROOT, 'test/golden/istio');
  return globSync('*/expected/traffic/**/{virtualservice,destinationrule}-*.yaml', {
    cwd: golden,
  }).map((file) => readFileSync(join(golden, file), 'utf8'));
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
