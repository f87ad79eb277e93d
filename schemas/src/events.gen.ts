// Generated from schemas/avro by `npm run generate`. Do not edit.
/* eslint-disable */

/** One stored request or command, exactly as received. The key is the profile key. Bodies are compressed and sealed. */
export type RawWebhook = {
  /** webhook (a call of the sender), command (consent, reinstatement, activity written by an API), tick (time passes, no body). Readers keep unknown kinds. */
  readonly kind: string;
  /** Who sent it: customerio. */
  readonly source: string;
  /** Workspace whose signing key matched. */
  readonly workspace: string;
  /** Id of the event within the workspace, as sent. Empty on a tick. */
  readonly event_id: string;
  /** When the request was received. */
  readonly received_at: number;
  /** When the sender says it signed the request (x-cio-timestamp). */
  readonly signature_timestamp: number | null;
  /** Which signing key matched: first 8 hex digits of SHA-256 of the key's HMAC of a constant. Not the key. */
  readonly signing_key_id: string | null;
  /** What was unusual: stale_timestamp, future_timestamp, temporary_control. Empty as a rule. */
  readonly flags: readonly string[];
  /** The body bytes exactly as received, compressed and sealed; the key id stands in front. Empty on a tick. */
  readonly body: Buffer;
  /** Length of the body as received, in bytes. */
  readonly body_bytes: number;
  /** SHA-256 of the body as received, lower-case hex. */
  readonly body_sha256: string;
};

/** One normalised event of a message or a person, published once. One row of message_outcomes. */
export type MessageOutcome = {
  /** Workspace the event came from. */
  readonly workspace: string;
  /** Id of the event as sent; unique within the workspace. */
  readonly event_id: string;
  /** Profile key: the person this is about. Joins with score changes and profiles. */
  readonly profile_id: string;
  /** The brand's own id of the person, hashed if it is an address. */
  readonly customer_id: string | null;
  /** Customer.io's internal id of the person. */
  readonly cio_id: string | null;
  /** Our word for what happened: accepted, delivered, opened, clicked, converted, replied, failed, bounced, deferred, dropped, complained, opted_out, opted_in, preferences_changed, drafted, attempted, undeliverable, consent, reinstated, activity; or other. */
  readonly kind: string;
  /** The sender's word, verbatim: sent, delivered, bounced, spammed, ... */
  readonly metric: string;
  /** The sender's word, verbatim: email, sms, push, in_app, whatsapp, slack, webhook, customer, ... */
  readonly object_type: string;
  /** email, sms, whatsapp, push, in_app, slack, webhook; the object type where it is none of these; empty for events of the person. */
  readonly channel: string;
  /** When it happened, as sent (whole seconds). */
  readonly occurred_at: number;
  /** When the request was received. */
  readonly received_at: number;
  /** Clock of the log when the request was stored; never goes back within a partition. */
  readonly recorded_at: number;
  /** One message to one person. The join key of a message's life. */
  readonly delivery_id: string | null;
  /** Campaign (workflow) that sent the message. */
  readonly campaign_id: number | null;
  /** API-triggered broadcast that sent the message. */
  readonly broadcast_id: number | null;
  /** Newsletter (one-time send) that sent the message. */
  readonly newsletter_id: number | null;
  /** Transactional message, id or name as sent. */
  readonly transactional_message_id: string | null;
  /** Step of the campaign or broadcast. */
  readonly action_id: number | null;
  /** Variant of the newsletter. */
  readonly content_id: number | null;
  /** Passage of this person through the campaign. */
  readonly journey_id: string | null;
  /** Trigger of the broadcast. */
  readonly trigger_id: number | null;
  /** Keyed hash of the address or number the message went to. */
  readonly recipient_hash: string | null;
  /** Domain of an email address, lower case. */
  readonly recipient_domain: string | null;
  /** Mailbox provider derived from the domain: google, microsoft, yahoo, apple, ...; other if none is known. */
  readonly mailbox_provider: string | null;
  /** The sender's flag: a click marked machine; an open marked prefetched or synthetic. */
  readonly is_machine: boolean;
  /** Subject line, addresses masked, at most 1,000 characters. */
  readonly subject: string | null;
  /** Link that was clicked, addresses masked, at most 2,000 characters. */
  readonly link_url: string | null;
  /** Number of the link within the message. */
  readonly link_id: number | null;
  /** hard, soft, block, unknown, suppressed, consent. Null without a failure. */
  readonly failure_class: string | null;
  /** Kind within the class: no_mailbox, quota, transient, reputation, ... */
  readonly failure_kind: string | null;
  /** Reply or enhanced status code found in the reason: 5.1.1, 550, 21610. */
  readonly failure_code: string | null;
  /** Mailbox or SMS provider recognised in the reason. */
  readonly failure_provider: string | null;
  /** The reason as sent, addresses masked, at most 1,000 characters. */
  readonly failure_reason: string | null;
  /** Name of the rule that decided the class. */
  readonly failure_rule: string | null;
  /** 0 to 1, how sure the rule is. */
  readonly failure_confidence: number | null;
  /** Version of the failure rules and of the interpretation. */
  readonly rules_version: number;
  /** Push only: each device and what became of the message there. */
  readonly devices: readonly DeviceOutcome[];
  /** What it did to the person's state: applied, too_old (more than 45 days late, counted only here), noisy (repeated beyond what is remembered), none. */
  readonly effect: string;
  /** JSON object with every further field of the payload as sent, addresses masked. Content is left out. */
  readonly metadata: string;
  /** Names of fields that were cut to their limit. */
  readonly truncated_fields: readonly string[];
  /** Partition of the raw record. */
  readonly raw_partition: number;
  /** Offset of the raw record. */
  readonly raw_offset: number;
};

/** What became of a push message on one device. */
export type DeviceOutcome = {
  /** Keyed hash of the device token. */
  readonly device_hash: string;
  /** ios or android, when sent. */
  readonly platform: string | null;
  /** Failure class, null without a failure. */
  readonly failure_class: string | null;
  /** Failure kind within the class. */
  readonly failure_kind: string | null;
  /** The reason as sent, addresses masked, at most 1,000 characters. */
  readonly failure_reason: string | null;
};

/** What is known about reaching a person changed. One record per causing event, versions per person without gaps. To react to one thing, look whether its name stands in changed. */
export type ScoreChange = {
  /** Workspace of the person. */
  readonly workspace: string;
  /** Profile key: the person. */
  readonly profile_id: string;
  /** The brand's own id of the person, hashed if it is an address. */
  readonly customer_id: string | null;
  /** Customer.io's internal id of the person. */
  readonly cio_id: string | null;
  /** 1, 2, 3 ... per person, without gaps. */
  readonly version: number;
  /** Instant at which the new view holds. */
  readonly changed_at: number;
  /** One sentence for people: what changed and why. */
  readonly summary: string;
  /** Names of all fields that differ between before and after: email.band, email.score, preferred_channel, ... */
  readonly changed: readonly string[];
  /** What made it change. */
  readonly cause: Cause;
  /** Why the new view is as it is, strongest first. */
  readonly reasons: readonly Reason[];
  /** The view published before (version - 1); for version 1 that of a person nothing is known about. */
  readonly before: View;
  /** The view that holds from changed_at on. */
  readonly after: View;
  /** Version of the score definition. */
  readonly score_version: number;
  /** Version of the failure rules. */
  readonly rules_version: number;
};

/** What made the view change. */
export type Cause = {
  /** event, timer, command, rules or replay. */
  readonly kind: string;
  /** The event or command that caused it. Null for a timer. */
  readonly event_id: string | null;
  /** The sender's word of that event, or the name of the command. */
  readonly metric: string | null;
  /** Channel of that event. */
  readonly channel: string | null;
  /** Message of that event. */
  readonly delivery_id: string | null;
  /** When that event happened. */
  readonly occurred_at: number | null;
  /** Partition of the raw record. */
  readonly raw_partition: number;
  /** Offset of the raw record. */
  readonly raw_offset: number;
};

/** One reason for what is published, with its evidence. */
export type Reason = {
  /** hard_bounce, complaint, esp_suppressed, soft_bounces, soft_failures, blocks, success, probation, reinstated, consent_off, consent_on, engaged, cold, graymail, resend, time, ... */
  readonly code: string;
  /** Channel it concerns; null for the person. */
  readonly channel: string | null;
  /** Failure class of the evidence, if it is a failure. */
  readonly failure_class: string | null;
  /** Failure kind of the evidence, if it is a failure. */
  readonly failure_kind: string | null;
  /** Rule that decided it. */
  readonly rule: string | null;
  /** Points of the score it costs (negative) or gives, where it can be said. */
  readonly points: number | null;
  /** Since when it holds, if it has a beginning. */
  readonly since: number | null;
  /** Events that show it, at most 5. */
  readonly event_ids: readonly string[];
  /** How much of its weight the latest failing day still has; null for what does not fade. */
  readonly weight_left_percent: number | null;
  /** What would take it away, in words; null where there is nothing to mend. */
  readonly remedy: string | null;
};

/** Everything published about one person at one instant. Names of changed fields are written channel.field (email.band) or field (preferred_channel). */
export type View = {
  /** What is known about reaching the person by email. */
  readonly email: ChannelView;
  /** What is known about reaching the person by SMS. */
  readonly sms: ChannelView;
  /** What is known about reaching the person by WhatsApp. */
  readonly whatsapp: ChannelView;
  /** What is known about reaching the person by push, all devices together. */
  readonly push: ChannelView;
  /** Where marketing should go: email, sms, whatsapp, push. Null if no channel is fit and consented. */
  readonly preferred_channel: string | null;
  /** The next channel in the same order, or null. */
  readonly fallback_channel: string | null;
  /** Distinct messages this person reported as spam, at most 50. Never reset. */
  readonly complaint_count: number;
  /** When the latest spam complaint happened. */
  readonly last_complaint_at: number | null;
  /** Latest email click that was not a machine. Opens are never counted. */
  readonly last_human_click_at: number | null;
  /** Latest sign of a human: click, reply, conversion, site session, add to cart, purchase. Opens are never counted. */
  readonly last_engaged_at: number | null;
  /** True while last_engaged_at is less than 30 days ago. */
  readonly engaged_30d: boolean;
  /** 0 to 100, halves every 45 days since last_engaged_at. Null without engagement. Drifts by itself. */
  readonly email_engagement_score: number | null;
  /** Mails delivered since the last engagement, at most 16. */
  readonly delivered_since_engaged: number;
  /** No engagement for 60 days although at least 3 mails were delivered since. */
  readonly cold_60d: boolean;
  /** No engagement for 90 days although at least 4 mails were delivered since. */
  readonly cold_90d: boolean;
  /** No engagement for 180 days although at least 6 mails were delivered since. */
  readonly cold_180d: boolean;
  /** No engagement for 270 days although at least 8 mails were delivered since. */
  readonly cold_270d: boolean;
  /** Many mails delivered, none engaged with: 11 if never engaged, else 16. */
  readonly graymail: boolean;
  /** normal, weekly, biweekly, monthly, quarterly, sunset or none: how often marketing mail should go to this person. */
  readonly recommended_cadence: string;
  /** True when the last mail failed for a passing reason and may be sent again now. */
  readonly resend_eligible: boolean;
  /** The instant from which that mail may be sent again. Null if no resend is offered. */
  readonly resend_after: number | null;
  /** soft:transient, soft:quota or block:rate. Null if no resend is offered. */
  readonly resend_reason: string | null;
};

/** What is known about reaching one person on one channel. An address nothing is known about has score 95 and band healthy. */
export type ChannelView = {
  /** Deliverability score, 0 (do not send) to 100. 95 is an address nothing is known about. */
  readonly score: number;
  /** healthy (score 80 and above), watch (60 to 79), at_risk (below 60), or suppressed (a durable flag or a soft suppression holds). */
  readonly band: string;
  /** False while a durable flag (hard bounce, complaint, suppressed at the email provider) stands for the current address; push: while every known device is dead. */
  readonly deliverable: boolean;
  /** Why it is not mailable: hard_bounce, complaint, esp_suppressed or soft_bounces. Null if nothing blocks. Consent is separate. */
  readonly blocked_by: string | null;
  /** YYYY-MM-DD. A soft suppression ends at 00:00 UTC of this day. Null without one, and beside a durable flag, which has no end. */
  readonly suppressed_until: string | null;
  /** on, off or unknown. Marketing on sms, whatsapp and push needs on. */
  readonly consent: string;
  /** Least number of days between two marketing messages: 0, 7, 14, 30 or 90. Null means send no marketing. */
  readonly min_interval_days: number | null;
  /** Weight of the recent failing days since the last success, 0 and up, two decimals. Drifts by itself. */
  readonly soft_bounce_score: number;
  /** Failing days since the last success within the last 90 days. Drifts by itself. */
  readonly soft_streak_days: number;
  /** Days of the last 7 on which the sender was refused (reputation, policy, content). Says nothing about the address. */
  readonly block_days_7d: number;
  /** Messages delivered today (UTC), all addresses of the channel. For frequency caps. Drifts by itself. */
  readonly delivered_1d: number;
  /** Messages delivered in the last 7 UTC days. */
  readonly delivered_7d: number;
  /** Messages delivered in the last 30 UTC days. */
  readonly delivered_30d: number;
  /** True when later signs of life (a sure click, or a delivery a day later) contradict the standing hard bounce. */
  readonly reinstate_candidate: boolean;
  /** When the hard bounce that stands happened. Null if none stands. */
  readonly hard_bounce_at: number | null;
  /** When the latest failure of any class happened, at any address of the channel. */
  readonly last_bounce_at: number | null;
  /** Failure class of that latest failure: hard, soft, block, unknown, ... */
  readonly last_bounce_class: string | null;
  /** Failure kind within the class: no_mailbox, quota, transient, reputation, ... */
  readonly last_bounce_kind: string | null;
  /** Push only: devices that are not dead. Null on the other channels. */
  readonly live_devices: number | null;
};

/** Where a person stands: the view last published, and the state it is computed from. Compacted: the last record of a key is the truth, an empty one an erased person. */
export type Profile = {
  /** Workspace of the person. */
  readonly workspace: string;
  /** Profile key: the person. */
  readonly profile_id: string;
  /** The names other systems know this person by. */
  readonly identifiers: Identifiers;
  /** Version of the last score change, 0 before the first. */
  readonly version: number;
  /** Instant of the last score change, null before the first. */
  readonly published_at: number | null;
  /** The view last published. Counts that drift by themselves are as of published_at. */
  readonly view: View;
  /** Next instant at which something counted changes by time alone. Null if nothing will. */
  readonly next_change_at: number | null;
  /** When the partition looks at this person again; never later than next_change_at. */
  readonly timer_at: number | null;
  /** Clock of the last raw record that changed the state. */
  readonly updated_at: number;
  /** The state in its binary layout. Internal. */
  readonly state: Buffer;
  /** Version of that layout. */
  readonly layout_version: number;
  /** Version of the score definition. */
  readonly score_version: number;
  /** Version of the failure rules. */
  readonly rules_version: number;
  /** The current email address, sealed. Internal. */
  readonly sealed_address: Buffer | null;
  /** Fingerprint of the key addresses are hashed with. */
  readonly hash_key_fingerprint: string;
};

/** The names other systems know this person by. Union of all that were seen; never an address. */
export type Identifiers = {
  /** The brand's own id of the person (identifiers.id), the latest seen. Null if none was sent; hashed if it is an address. */
  readonly customer_id: string | null;
  /** Customer.io's internal id (identifiers.cio_id), the latest seen. */
  readonly cio_id: string | null;
  /** Keyed hash of the email address the latest email event went to. Joins with recipient_hash of outcomes. */
  readonly email_hash: string | null;
};

/** State of one message to one person. Internal; an empty record removes it. */
export type Delivery = {
  /** Workspace of the person. */
  readonly workspace: string;
  /** Profile key: the person. */
  readonly profile_id: string;
  /** The message. */
  readonly delivery_id: string;
  /** Clock of the last raw record that changed it. */
  readonly updated_at: number;
  /** The state in its binary layout. Internal. */
  readonly state: Buffer;
  /** Version of that layout. */
  readonly layout_version: number;
};

/** A person was erased. Events dated up to erased_at no longer count; later ones do. */
export type Erasure = {
  /** Workspace of the person. */
  readonly workspace: string;
  /** Profile key: the person. */
  readonly profile_id: string;
  /** When the erasure was ordered. */
  readonly erased_at: number;
  /** Version of the last score change before it; versions go on from here. */
  readonly last_version: number;
  /** Id of the request, repeated requests are the same. */
  readonly request_id: string;
  /** Why, in a word: request, retention, test. */
  readonly reason: string;
};

/** One attempt to tell another system, and its answer. */
export type WriteBack = {
  /** Workspace of the person. */
  readonly workspace: string;
  /** Profile key: the person. */
  readonly profile_id: string;
  /** System told: customerio, klaviyo, shopify, webhook, ... */
  readonly target: string;
  /** What was asked of it: set_traits, suppress, unsuppress, unsubscribe, tag, resend, notify. */
  readonly action: string;
  /** on, or dry_run: nothing was sent. */
  readonly mode: string;
  /** Version of the score change it follows. */
  readonly version: number;
  /** Names of the traits or flags that were sent. */
  readonly names: readonly string[];
  /** The same for every attempt of the same action. */
  readonly idempotency_key: string;
  /** 1, 2, 3 ... */
  readonly attempt: number;
  /** acknowledged, rejected (will not be tried again), failed (will be), held, skipped. */
  readonly status: string;
  /** HTTP status of the answer, null without one. */
  readonly answer_code: number | null;
  /** Short reason, addresses masked. */
  readonly answer_reason: string | null;
  /** When it was attempted. */
  readonly attempted_at: number;
  /** SHA-256 of what was sent, lower-case hex. */
  readonly payload_sha256: string | null;
};

/** Record name to value type. */
export type RecordTypes = {
  readonly RawWebhook: RawWebhook;
  readonly MessageOutcome: MessageOutcome;
  readonly ScoreChange: ScoreChange;
  readonly Profile: Profile;
  readonly Delivery: Delivery;
  readonly Erasure: Erasure;
  readonly WriteBack: WriteBack;
};
