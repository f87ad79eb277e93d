import type { Channel } from './event.ts';
import type { DayCounts, DayTable } from './day-table.ts';
import type { Evidence, Mark } from './marks.ts';
import { NOTHING_SEEN } from './seen.ts';
import type { SeenIds } from './seen.ts';
import type { Ladder } from './soft-suppression.ts';

/** Latest switch-on and latest switch-off; a tie is off. */
export type ConsentLayer = {
  readonly on: Mark | null;
  readonly off: Mark | null;
};

/** What is known of one address, number or device. */
export type AddressState = {
  readonly to: string;
  readonly seenAt: number;
  readonly hard: Evidence | null;
  readonly esp: Evidence | null;
  /** Latest `delivered`. */
  readonly deliveredAt: number | null;
};

/** The days of one address; push keeps one history for all devices, under `''`. */
export type HistoryState = {
  readonly to: string;
  readonly table: DayTable;
  readonly ladder: Ladder | null;
};

/** A channel's greatest failure by (instant, class, kind), at any address. */
export type LastBounce = {
  readonly at: number;
  readonly cls: string;
  readonly kind: string;
};

export type ChannelState = {
  /** The address of the latest event that names where mail goes. */
  readonly current: { readonly at: number; readonly to: string } | null;
  readonly lastBounce: LastBounce | null;
  readonly consent: ConsentLayer;
  /** What settled deliveries showed: latest human click, sure click, delivery that read success. */
  readonly humanAt: number | null;
  readonly sureAt: number | null;
  readonly successAt: number | null;
  /** Ascending by `to`; at most 32, the one seen longest ago goes first. */
  readonly addresses: readonly AddressState[];
  /** Ascending by `to`. */
  readonly histories: readonly HistoryState[];
  readonly deliveredDays: DayCounts;
  /** The latest failures, as evidence. */
  readonly failures: readonly Evidence[];
};

/** Names seen, each with the latest instant; the 8 greatest by (instant, name). */
export type Names = readonly { readonly name: string; readonly at: number }[];

export type ProfileState = {
  /** Greatest `receivedAt` of the profile's events; null before the first. */
  readonly newestReceipt: number | null;
  /** Greatest `ts` accepted. */
  readonly latestTs: number | null;
  readonly consent: ConsentLayer;
  readonly reinstated: Mark | null;
  readonly complaint: Mark | null;
  /** Hashes of the complained-about deliveries, ascending; the 50 smallest. */
  readonly complaints: readonly string[];
  /** Earliest mail delivered, ever. */
  readonly firstDeliveredAt: number | null;
  /** Settled engagement. */
  readonly engagedAt: number | null;
  /** Mails delivered since then that have left the tables, at most 16. */
  readonly older: number;
  readonly channels: { readonly [name in Channel]: ChannelState };
  readonly customerIds: Names;
  readonly cioIds: Names;
  readonly emailHashes: Names;
  /** Ids of events that belong to no delivery. */
  readonly seen: SeenIds;
};

export const NO_CONSENT: ConsentLayer = { on: null, off: null };

export const EMPTY_CHANNEL: ChannelState = {
  current: null,
  lastBounce: null,
  consent: NO_CONSENT,
  humanAt: null,
  sureAt: null,
  successAt: null,
  addresses: [],
  histories: [],
  deliveredDays: [],
  failures: [],
};

export const EMPTY_PROFILE: ProfileState = {
  newestReceipt: null,
  latestTs: null,
  consent: NO_CONSENT,
  reinstated: null,
  complaint: null,
  complaints: [],
  firstDeliveredAt: null,
  engagedAt: null,
  older: 0,
  channels: {
    email: EMPTY_CHANNEL,
    sms: EMPTY_CHANNEL,
    whatsapp: EMPTY_CHANNEL,
    push: EMPTY_CHANNEL,
  },
  customerIds: [],
  cioIds: [],
  emailHashes: [],
  seen: NOTHING_SEEN,
};

/** The history an address counts in. */
export function historyKey(channel: Channel, to: string): string {
  return channel === 'push' ? '' : to;
}
