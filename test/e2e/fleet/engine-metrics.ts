/** What an engine counts of itself, as it serves it. */
export class EngineMetrics {
  readonly #samples: readonly Sample[];

  private constructor(samples: readonly Sample[]) {
    this.#samples = samples;
  }

  /** What an engine serves now; nothing while it does not serve yet. */
  static async read(address: string): Promise<EngineMetrics> {
    try {
      const answer = await fetch(`${address}/metrics`);
      return new EngineMetrics(parse(await answer.text()));
    } catch {
      return new EngineMetrics([]);
    }
  }

  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#of(name, labels).reduce((total, { value }) => total + value, 0);
  }

  /** Series with a value above 0. */
  count(name: string): number {
    return this.#of(name, {}).filter(({ value }) => value > 0).length;
  }

  #of(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.#samples.filter(
      (sample) => sample.name === name && wanted.every((each) => sample.labels.includes(each)),
    );
  }
}

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

function parse(text: string): readonly Sample[] {
  return [...text.matchAll(/^(\w+)(\{.*\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels,
      value: Number(value),
    }),
  );
}
