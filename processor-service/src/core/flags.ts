import { DAY_MS, MINUTE_MS, latest } from './clock.ts';
import type { Channel } from './event.ts';
import { stands } from './marks.ts';
import type { Evidence, Mark } from './marks.ts';
import type { AddressState, ChannelState, ProfileState } from './profile.ts';

/** Durable flags of a channel: score.md section 6. */
export type Flags = {
  /** The first that stands of hard bounce, complaint, ESP list; null if the channel is deliverable. */
  readonly durable: 'hard_bounce' | 'complaint' | 'esp_suppressed' | null;
  /** What shows it. */
  readonly evidence: Mark | null;
  /** The hard bounce that stands; push: the greatest, once every device is dead. */
  readonly hard: Evidence | null;
  readonly isReinstateCandidate: boolean;
  /** Push only: devices that are not dead. */
  readonly liveDevices: readonly AddressState[];
};

/** Nothing stands and nothing is known. */
export const NO_FLAGS: Flags = {
  durable: null,
  evidence: null,
  hard: null,
  isReinstateCandidate: false,
  liveDevices: [],
};

/** Signs of life must come this long after a hard bounce to contradict it. */
const CLICK_AFTER_HARD_MS = 10 * MINUTE_MS;
const DELIVERED_AFTER_HARD_MS = DAY_MS;

export function currentAddress(state: ChannelState): AddressState | null {
  const to = state.current?.to ?? '';
  for (const address of state.addresses) if (address.to === to) return address;
  return null;
}

function livesAfter(hard: Evidence, address: AddressState): boolean {
  return address.deliveredAt !== null && address.deliveredAt > hard.at + DELIVERED_AFTER_HARD_MS;
}

function clicksAfter(hard: Evidence, sureAt: number | null): boolean {
  return sureAt !== null && sureAt >= hard.at + CLICK_AFTER_HARD_MS;
}

function readPushFlags(
  state: ChannelState,
  clearedAt: number | null,
  sureAt: number | null,
): Flags {
  const live: AddressState[] = [];
  let hard: Evidence | null = null;
  let isAnyAlive = false;
  for (const device of state.addresses) {
    if (device.hard === null || !stands(device.hard, clearedAt)) {
      live.push(device);
      continue;
    }
    if (hard === null || device.hard.at > hard.at) hard = device.hard;
    isAnyAlive ||= livesAfter(device.hard, device);
  }
  const isDead = hard !== null && live.length === 0;
  return {
    durable: isDead ? 'hard_bounce' : null,
    evidence: isDead ? hard : null,
    hard: isDead ? hard : null,
    isReinstateCandidate: isDead && hard !== null && (isAnyAlive || clicksAfter(hard, sureAt)),
    liveDevices: live,
  };
}

/** @param sureAt latest sure click of the channel */
export function readFlags(
  channel: Channel,
  profile: ProfileState,
  state: ChannelState,
  sureAt: number | null,
): Flags {
  const clearedAt = profile.reinstated?.at ?? null;
  if (channel === 'push') return readPushFlags(state, clearedAt, sureAt);
  const address = currentAddress(state);
  const hard = address !== null && stands(address.hard, clearedAt) ? address.hard : null;
  const hasComplaint = channel === 'email' && stands(profile.complaint, clearedAt);
  const espClearedAt = latest(clearedAt, address?.deliveredAt ?? null);
  const esp = address !== null && stands(address.esp, espClearedAt) ? address.esp : null;
  const isReinstateCandidate =
    hard !== null && address !== null && (clicksAfter(hard, sureAt) || livesAfter(hard, address));
  const rest = { hard, isReinstateCandidate, liveDevices: [] };
  if (hard !== null) return { durable: 'hard_bounce', evidence: hard, ...rest };
  if (hasComplaint) return { durable: 'complaint', evidence: profile.complaint, ...rest };
  if (esp !== null) return { durable: 'esp_suppressed', evidence: esp, ...rest };
  return { durable: null, evidence: null, ...rest };
}
