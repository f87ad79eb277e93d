/** Channels that have a score. Of the others only engagement in the app counts. */
export const CHANNELS = ['email', 'sms', 'whatsapp', 'push'] as const;

export type Channel = (typeof CHANNELS)[number];

export function isChannel(text: string): text is Channel {
  return text === 'email' || text === 'sms' || text === 'whatsapp' || text === 'push';
}

/** A failure as the classifier read it. `kind` is the class itself where none is known. */
export type Failure = {
  readonly cls: string;
  readonly kind: string;
  readonly rule: string;
};

/** One address (or push device) an event speaks of. `to` is its keyed hash, `''` if none was named. */
export type Target = {
  readonly to: string;
  readonly failure: Failure | null;
};

/** Consent has two layers: the person as a whole, and each channel. */
export type ConsentChange = {
  readonly layer: 'profile' | Channel;
  readonly isOn: boolean;
};

/** Names of a person in other systems, as one event gives them. */
export type EventIdentifiers = {
  readonly customerId: string | null;
  readonly cioId: string | null;
  readonly emailHash: string | null;
};

/** One typed fact about a person: what `fold` takes. Instants in ms UTC. */
export type CoreEvent = {
  readonly eventId: string;
  /** When it happened. */
  readonly ts: number;
  /** Clock of the event's raw record; never goes back within a partition. */
  readonly receivedAt: number;
  /** email, sms, whatsapp, push, in_app or any other; `''` for events of the person. */
  readonly channel: string;
  /** The sender's word (`delivered`, `bounced`, ...); of a command its name. */
  readonly metric: string;
  /** What only a command may do; null for events of a sender, whatever their metric is called. */
  readonly order: 'reinstate' | 'engage' | null;
  readonly deliveryId: string | null;
  /** Never empty for message events, but for push: the devices named. Empty for events of the person. */
  readonly targets: readonly Target[];
  /** Flagged by the sender as no person's doing (clicks). */
  readonly isMachine: boolean;
  readonly consents: readonly ConsentChange[];
  readonly identifiers: EventIdentifiers | null;
};
