import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createFeed, mintedAt } from '../src/feed.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
/** A ULID minted at 2025-12-31T23:59:59.040Z. */
const ULID = '01KDTK8RR0ABCDEFGHJKMNPQRS';

const SEEN = {
  workspace: 'acme',
  eventId: 'e1',
  objectType: 'email',
  occurredAt: NOW - 4000,
  signedAt: (NOW - 1000) as number | null,
  receivedAt: NOW,
};

function watched(idsMax = 100) {
  const registry = new Registry();
  const clock = { now: NOW };
  const feed = createFeed({ registry, now: () => clock.now, idsMax });
  const saw = (more: Partial<typeof SEEN> = {}): void => {
    const { eventId, objectType, occurredAt, ...call } = { ...SEEN, ...more };
    feed.saw(call, { kind: 'event', key: 'k', eventId, objectType, occurredAt });
  };
  return { clock, saw, refused: feed.refused, scrape: () => registry.metrics() };
}

describe('the watch over the feed', () => {
  test('silence counts from the last event, and has no value before the first', async () => {
    const { clock, saw, scrape } = watched();
    expect(await scrape()).not.toContain('ingest_feed_silent_seconds{');
    saw();
    clock.now = NOW + 90_000;
    const metrics = await scrape();
    expect(metrics).toContain('ingest_feed_silent_seconds{workspace="acme"} 90\n');
    expect(metrics).not.toContain('ingest_feed_silent_seconds{workspace="quiet"}');
  });

  test('lag goes by workspace and type; types nobody knows share a label', async () => {
    const { saw, scrape } = watched();
    saw();
    saw({ eventId: 'e2', objectType: 'pigeon', occurredAt: NOW - 600_000 });
    saw({ eventId: 'e3', occurredAt: NOW + 60_000 });
    const metrics = await scrape();
    const lag = (labels: string): string => `ingest_event_lag_seconds_sum{${labels}}`;
    expect(metrics).toContain(`${lag('workspace="acme",object_type="email"')} 4\n`);
    expect(metrics).toContain(`${lag('workspace="acme",object_type="other"')} 600\n`);
    expect(metrics).not.toContain('pigeon');
  });

  test('a ULID tells when the sender made it, other ids nothing', async () => {
    const { saw, scrape } = watched();
    saw({ eventId: ULID, receivedAt: (mintedAt(ULID) ?? 0) + 2000 });
    saw();
    expect(await scrape()).toContain('ingest_transport_lag_seconds_sum{workspace="acme"} 2\n');
    expect(await scrape()).toContain('ingest_transport_lag_seconds_count{workspace="acme"} 1\n');
    expect(mintedAt('not a ulid')).toBeNull();
  });

  test('an old signature shows as an old request', async () => {
    const { saw, scrape } = watched();
    saw({ signedAt: NOW - 7_200_000 });
    saw({ eventId: 'e2', signedAt: null });
    expect(await scrape()).toContain('ingest_request_age_seconds_sum{workspace="acme"} 7200\n');
    expect(await scrape()).toContain('ingest_request_age_seconds_count{workspace="acme"} 1\n');
  });

  test.each([
    [NOW - 1000, NOW - 1000, 'as_before'],
    [NOW - 1000, NOW, 'anew'],
    [NOW - 1000, null, 'unsigned'],
    [null, NOW, 'unsigned'],
  ])('a retry tells how it is signed: %s, then %s: %s', async (first, second, signed) => {
    const { saw, scrape } = watched();
    saw({ signedAt: first });
    saw({ signedAt: second });
    expect(await scrape()).toContain(
      `ingest_repeated_events_total{workspace="acme",signed="${signed}"} 1`,
    );
  });

  test('the age of a request counts also when it is refused for it', async () => {
    const { refused, scrape } = watched();
    refused('acme', NOW - 3_600_000, NOW);
    expect(await scrape()).toContain('ingest_request_age_seconds_sum{workspace="acme"} 3600\n');
  });

  test('an id that comes again is a retry; the memory of ids is bounded', async () => {
    const { saw, scrape } = watched(100);
    const repeated = async (): Promise<string | undefined> =>
      /ingest_repeated_events_total\{workspace="acme",signed="as_before"\} (\d+)/.exec(
        await scrape(),
      )?.[1];
    saw();
    saw();
    expect(await repeated()).toBe('1');
    for (let n = 0; n < 500; n += 1) saw({ eventId: `n${n}` });
    saw();
    expect(await repeated()).toBe('1');
    saw({ eventId: 'n499' });
    expect(await repeated()).toBe('2');
  });
});
