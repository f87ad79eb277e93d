/** Sums of the samples of a Prometheus text, by metric and by one label's value. */
export interface Samples {
  /** Sum over all samples of the metric that bear these labels. 0 when there is none. */
  sum: (metric: string, labels?: Readonly<Record<string, string>>) => number;
  has: (metric: string) => boolean;
}

type Sample = { readonly labels: ReadonlyMap<string, string>; readonly value: number };

const line = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads the text a service answers on `/metrics`. */
export const readSamples = (text: string): Samples => {
  const byName = new Map<string, Sample[]>();
  for (const row of text.split('\n')) {
    if (row.startsWith('#')) continue;
    const [, name, labelText = '', valueText] = line.exec(row) ?? [];
    const value = Number(valueText);
    if (name === undefined || !Number.isFinite(value)) continue;
    const labels = new Map(
      [...labelText.matchAll(label)].map(([, key = '', of = '']) => [key, of]),
    );
    byName.set(name, [...(byName.get(name) ?? []), { labels, value }]);
  }
  return {
    has: (metric) => byName.has(metric),
    sum: (metric, labels = {}) =>
      (byName.get(metric) ?? [])
        .filter((sample) =>
          Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value),
        )
        .reduce((total, { value }) => total + value, 0),
  };
};

const deadlineMs = 2000;

/** @throws when the service does not answer */
export const scrape = async (opsUrl: string): Promise<Samples> => {
  const answer = await fetch(`${opsUrl}/metrics`, { signal: AbortSignal.timeout(deadlineMs) });
  if (!answer.ok) throw new Error(`${opsUrl}/metrics answers ${answer.status}`);
  return readSamples(await answer.text());
};
