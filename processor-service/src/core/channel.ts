import { DAY_MS, latest } from './clock.ts';
import type { Consent } from './consent.ts';
import type { Channel } from './event.ts';
import type { AddressState } from './profile.ts';
import type { Band } from './score.ts';

/** A complaint or an opt-out never moves marketing to another channel at once. */
export const SILENCE_MS = 30 * DAY_MS;
/** A device not reached for so long may be gone. */
export const DEVICE_MS = 30 * DAY_MS;

type Each<T> = { readonly [name in Channel]: T };

/** What the choice of a channel looks at. */
export type Candidates = {
  readonly channels: Each<{
    readonly flags: { readonly durable: string | null };
    readonly consent: Consent;
  }>;
  readonly standings: Each<{ readonly band: Band }>;
};

const BAND_ORDER: readonly Band[] = ['healthy', 'watch', 'at_risk'];
const OTHERS = ['push', 'sms', 'whatsapp'] as const;

/** Latest delivery to any device that is not dead; null if none was reached. */
export function latestDelivered(devices: readonly AddressState[]): number | null {
  let at: number | null = null;
  for (const device of devices) at = latest(at, device.deliveredAt);
  return at;
}

export type Choice = {
  readonly preferred: string | null;
  readonly fallback: string | null;
};

/**
 * Where marketing goes, and the next one after it: score.md section 9.
 *
 * @param silentUntil end of the silence after a complaint or opt-out, null if there is none
 * @param deviceReachedAt latest delivery to a device that is not dead
 */
export function chooseChannel(
  { channels, standings }: Candidates,
  now: number,
  silentUntil: number | null,
  deviceReachedAt: number | null,
): Choice {
  const { email } = channels;
  const isMailFit =
    email.flags.durable === null &&
    standings.email.band !== 'suppressed' &&
    email.consent !== 'off';
  const fit: string[] = isMailFit ? ['email'] : [];
  const others = OTHERS.filter((name) => channels[name].consent === 'on');
  if (others.length > 0 && (silentUntil === null || now >= silentUntil)) {
    for (const band of BAND_ORDER) {
      for (const name of others) {
        if (channels[name].flags.durable !== null || standings[name].band !== band) continue;
        const isReached = deviceReachedAt !== null && now < deviceReachedAt + DEVICE_MS;
        if (name !== 'push' || isReached) fit.push(name);
      }
    }
  }
  return { preferred: fit[0] ?? null, fallback: fit[1] ?? null };
}
