/**
 * Every bound of the core. Beyond those of the state the least by a fixed order goes, whatever came
 * first; each has a test that the order of events does not matter.
 */

/** Bounds on what one event may carry into an outcome; texts in characters. */
export const LIMITS = {
  /** Reasons, subjects and every text without a bound of its own. */
  text: 1000,
  linkUrl: 2000,
  /** Ids of messages, journeys and people. */
  id: 128,
  /** Words of the sender: metric, object type, platform. */
  word: 64,
  /** Longest text that is looked at, addresses masked, at all. */
  rawText: 65_536,
  /** Longest failure text the classifier reads. */
  failureText: 2000,
  devices: 100,
  /** Whole of the metadata. */
  metadata: 16_000,
  metadataDepth: 8,
  metadataEntries: 200,
  truncatedFields: 32,
} as const;

/** Bounds on what is kept of a person. */
export const KEPT = {
  /** Clicks of a delivery: the latest. */
  clicks: 32,
  /** Addresses or devices of a delivery: the first by name. */
  parts: 32,
  /** Kinds of failure at one of them: the first by class and kind. */
  fails: 32,
  /** Addresses or devices of a channel: those seen last. */
  addresses: 32,
  /** Complained-about deliveries: the smallest hashes. */
  complaints: 50,
  /** Names of a kind: the latest. */
  names: 8,
  /** Failures of a channel kept as evidence: the latest. */
  evidence: 5,
  /** Ids remembered of a delivery, and of events without one: the latest. */
  seenIds: 512,
  /** Mails counted since the last engagement. */
  exposure: 16,
} as const;
