import { quickShop } from './quick-shop.ts';
import { establish, Story } from './story.ts';
import { Users } from './traffic.ts';

/** A port of its own tells its routes from the example's when a proxy refuses some. */
const PORT = 9081;
const PER_SECOND = 50;

/** One canary with users, that scenarios take over from each other: each releases to it. */
export class Stage {
  readonly shop = quickShop('stage', { port: PORT });
  readonly story = new Story(this.shop);
  readonly users = new Users(this.shop.host, PORT, PER_SECOND);
  #version = 0;

  /** The version released last. */
  get version(): string {
    return `v${this.#version}`;
  }

  async open(): Promise<void> {
    this.#version = 1;
    await establish(this.shop, this.story);
    this.users.start();
  }

  /** Releases the next version; what was told of those before is forgotten. */
  release(): void {
    this.#version += 1;
    this.story.turnPage();
    this.shop.release(this.version);
  }

  async close(): Promise<void> {
    await this.users.stop();
  }
}
