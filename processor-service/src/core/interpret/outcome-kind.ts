/** Our word for the sender's metric; what it does not name is `other`. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['sent', 'accepted'],
  ['delivered', 'delivered'],
  ['opened', 'opened'],
  ['clicked', 'clicked'],
  ['converted', 'converted'],
  ['replied', 'replied'],
  ['failed', 'failed'],
  ['bounced', 'bounced'],
  ['deferred', 'deferred'],
  ['dropped', 'dropped'],
  ['spammed', 'complained'],
  ['unsubscribed', 'opted_out'],
  ['subscribed', 'opted_in'],
  ['cio_subscription_preferences_changed', 'preferences_changed'],
  ['drafted', 'drafted'],
  ['attempted', 'attempted'],
  ['undeliverable', 'undeliverable'],
]);

export function outcomeKind(metric: string): string {
  return KINDS.get(metric) ?? 'other';
}

/** Metrics that tell of a failure: their reason is classified. */
const FAILING = new Set(['bounced', 'dropped', 'deferred', 'failed', 'attempted', 'undeliverable']);

export function isFailing(metric: string): boolean {
  return FAILING.has(metric);
}
