import type { Batch, DeliveryBranches, ExistingBranches } from '../../ports/delivery-branches.ts';
import type { DeliveryRepository, PublishOutcome } from '../../ports/delivery-repository.ts';
import { createGitDeliveryRepository } from './git-delivery-repository.ts';
import { localTrouble } from './local-trouble.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { fetchFailure, lastWords } from './push-outcome.ts';

/** Several delivery branches of one repository, in one clone. */
export function createGitDeliveryBranches(options: PublisherOptions): DeliveryBranches {
  return new GitDeliveryBranches(options);
}

class GitDeliveryBranches implements DeliveryBranches {
  readonly #options: PublisherOptions;
  readonly #publisher: Publisher;
  readonly #repositories = new Map<string, DeliveryRepository>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options);
  }

  at(branch: string): DeliveryRepository {
    const known = this.#repositories.get(branch);
    if (known !== undefined) return known;
    const repository = createGitDeliveryRepository({ ...this.#options, branch });
    this.#repositories.set(branch, repository);
    return repository;
  }

  async existing(prefixes: readonly string[]): Promise<ExistingBranches> {
    const { clone } = this.#options;
    try {
      await clone.prepare();
      const patterns = prefixes.map((prefix) => `refs/heads/${prefix}*`);
      const listed = await clone.git.remote(['ls-remote', '--', clone.url, ...patterns]);
      if (listed.code !== 0) return fetchFailure(listed);
      const refs = listed.stdout.toString('utf8').matchAll(/\trefs\/heads\/(.+)$/gm);
      return { kind: 'listed', branches: [...refs].map(([, branch = '']) => branch) };
    } catch (error) {
      const trouble = localTrouble(String(error), clone.cacheFolder);
      if (trouble !== undefined) return { kind: 'refused', ...trouble };
      return { kind: 'unreachable', why: lastWords(String(error)) };
    }
  }

  publish(batches: readonly Batch[]): Promise<readonly PublishOutcome[]> {
    return this.#publisher.publish(batches);
  }
}
