import type { ConsentLayer } from './profile.ts';

export type Consent = 'on' | 'off' | 'unknown';

/** One layer by itself; a tie is off. */
export function layerConsent(layer: ConsentLayer): Consent {
  if (layer.off !== null && (layer.on === null || layer.off.at >= layer.on.at)) return 'off';
  return layer.on === null ? 'unknown' : 'on';
}

/**
 * Consent of a channel from its two layers: score.md section 7. The person's own switch can take
 * every channel away, but gives only mail.
 */
export function channelConsent(isEmail: boolean, profile: Consent, channel: Consent): Consent {
  if (profile === 'off' || channel === 'off') return 'off';
  return channel === 'on' || (isEmail && profile === 'on') ? 'on' : 'unknown';
}
