import { SEPARATOR, storedDeliveryKey } from './store.ts';
import type { Checkpoint, ProfileWrite, Store, Timer } from './store.ts';

const compareText = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));
const compareTimers = (a: Timer, b: Timer): number => a.at - b.at || compareText(a.key, b.key);

/** A store in memory, for oracles and tests; it meets the same contract as the one on disk. */
export function createMemoryStore(): Store {
  const profiles = new Map<string, ProfileWrite>();
  const deliveries = new Map<string, Map<string, Buffer>>();
  let checkpoint: Checkpoint | null = null;

  const timers = (): Timer[] =>
    [...profiles]
      .flatMap(([key, { timerAt }]) => (timerAt === null ? [] : [{ at: timerAt, key }]))
      .sort(compareTimers);

  const putDelivery = (topicKey: string, value: Buffer | null): void => {
    const key = storedDeliveryKey(topicKey);
    const at = key.indexOf(SEPARATOR);
    const profileKey = key.slice(0, at);
    const ofProfile = deliveries.get(profileKey) ?? new Map<string, Buffer>();
    if (value === null) ofProfile.delete(key);
    else ofProfile.set(key, Buffer.from(value));
    if (ofProfile.size === 0) deliveries.delete(profileKey);
    else deliveries.set(profileKey, ofProfile);
  };
  const sorted = (ofProfile: ReadonlyMap<string, Buffer>): [string, Buffer][] =>
    [...ofProfile].sort(([a], [b]) => compareText(a, b));

  return {
    checkpoint: () => checkpoint,
    profile: (key) => profiles.get(key)?.value ?? null,
    deliveries: (profileKey) =>
      sorted(deliveries.get(profileKey) ?? new Map()).map(([, value]) => value),
    timersUntil: (instant, limit) =>
      timers()
        .filter(({ at }) => at <= instant)
        .slice(0, limit),
    firstTimer: () => timers()[0] ?? null,
    apply: (writes, next) => {
      for (const [key, write] of writes.profiles) {
        if (write === null) profiles.delete(key);
        else profiles.set(key, { ...write, value: Buffer.from(write.value) });
      }
      for (const [key, value] of writes.deliveries) putDelivery(key, value);
      checkpoint = next;
    },
    dump: function* () {
      for (const [key, { value }] of profiles) yield { key, value };
      for (const ofProfile of deliveries.values()) {
        for (const [key, value] of ofProfile) yield { key, value };
      }
    },
    close: () => Promise.resolve(),
  };
}
