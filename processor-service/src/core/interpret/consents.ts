import { isChannel } from '../event.ts';
import type { ConsentChange } from '../event.ts';
import { asBoolean, asObject } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { LIMITS } from '../bounds.ts';

export const PREFERENCES_METRIC = 'cio_subscription_preferences_changed';

const PROFILE_ON: readonly ConsentChange[] = [{ layer: 'profile', isOn: true }];
const PROFILE_OFF: readonly ConsentChange[] = [{ layer: 'profile', isOn: false }];

/** Preferences as sent: a JSON text, rarely an object, and without Body Content nothing at all. */
export function readPreferences(content: unknown): JsonObject | null {
  if (typeof content !== 'string') return asObject(content);
  if (content.length > LIMITS.rawText) return null;
  try {
    return asObject(JSON.parse(content));
  } catch {
    // Not JSON: then only that something changed is known.
    return null;
  }
}

function channelConsents(preferences: JsonObject | null): readonly ConsentChange[] {
  const channels = asObject(preferences?.['channels']);
  if (channels === null) return [];
  const changes: ConsentChange[] = [];
  for (const [name, value] of Object.entries(channels)) {
    const isOn = asBoolean(value);
    if (isChannel(name) && isOn !== null) changes.push({ layer: name, isOn });
  }
  return changes;
}

/**
 * What an event says about consent. `unsubscribed` switches the person off, whether it came through
 * a message or as a change of the profile; preferences switch channels.
 */
export function readConsents(metric: string, payload: JsonObject): readonly ConsentChange[] {
  if (metric === 'subscribed') return PROFILE_ON;
  if (metric === 'unsubscribed') return PROFILE_OFF;
  return metric === PREFERENCES_METRIC ? channelConsents(readPreferences(payload['content'])) : [];
}

/**
 * True for events of the person rather than of a message. `email` with `unsubscribed` is both: with a
 * delivery it came through that message, without one it is a change of the profile.
 */
export function isPersonal(objectType: string, metric: string, deliveryId: string | null): boolean {
  if (objectType === 'customer' || objectType === '') return true;
  if (metric === 'subscribed' || metric === PREFERENCES_METRIC) return true;
  return metric === 'unsubscribed' && deliveryId === null;
}
