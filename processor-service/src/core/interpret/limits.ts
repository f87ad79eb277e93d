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
  devices: 100,
  /** Whole of the metadata. */
  metadata: 16_000,
  metadataDepth: 8,
  metadataEntries: 200,
  truncatedFields: 32,
} as const;
