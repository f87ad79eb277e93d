import type { MessageOutcome, Profile, ScoreChange } from '@landed/schemas/events.gen';
import { emptyPerson } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';

const DAY_MS = 86_400_000;

/** Noon (UTC) twenty days ago: recent enough for every retention, the same for a whole run. */
export const NOON = (Math.floor(Date.now() / DAY_MS) - 20) * DAY_MS + DAY_MS / 2;

export const unknownView = view(emptyPerson(), 0);

/** A delivered mail; everything can be said otherwise. */
export const outcome = (given: Partial<MessageOutcome> = {}): MessageOutcome => ({
  workspace: 'acme',
  event_id: 'event-1',
  profile_id: 'acme/cio:a1',
  customer_id: 'customer-1',
  cio_id: 'a1',
  kind: 'delivered',
  metric: 'delivered',
  object_type: 'email',
  channel: 'email',
  occurred_at: NOON,
  received_at: NOON + 1_000,
  recorded_at: NOON + 1_100,
  delivery_id: 'delivery-1',
  campaign_id: 12,
  broadcast_id: null,
  newsletter_id: null,
  transactional_message_id: null,
  action_id: 3,
  content_id: null,
  journey_id: null,
  trigger_id: null,
  recipient_hash: '0'.repeat(32),
  recipient_domain: 'example.org',
  mailbox_provider: 'google',
  is_machine: false,
  subject: 'Hello "you" \\ and\nmore',
  link_url: null,
  link_id: null,
  failure_class: null,
  failure_kind: null,
  failure_code: null,
  failure_provider: null,
  failure_reason: null,
  failure_rule: null,
  failure_confidence: null,
  rules_version: 2,
  devices: [],
  effect: 'applied',
  metadata: '{"a":1}',
  truncated_fields: [],
  raw_partition: 0,
  raw_offset: 7,
  ...given,
});

export const scoreChange = (given: Partial<ScoreChange> = {}): ScoreChange => ({
  workspace: 'acme',
  profile_id: 'acme/cio:a1',
  customer_id: 'customer-1',
  cio_id: 'a1',
  version: 1,
  changed_at: NOON + 1_100,
  summary: 'Email is suppressed: hard bounce.',
  changed: ['email.band', 'email.score'],
  cause: {
    kind: 'event',
    event_id: 'event-1',
    metric: 'bounced',
    channel: 'email',
    delivery_id: 'delivery-1',
    occurred_at: NOON,
    raw_partition: 0,
    raw_offset: 7,
  },
  reasons: [
    {
      code: 'hard_bounce',
      channel: 'email',
      failure_class: 'hard',
      failure_kind: 'no_mailbox',
      rule: 'smtp_550',
      points: -95,
      since: NOON,
      weight_left_percent: 93,
      remedy: 'one delivered message clears it',
      event_ids: ['event-1'],
    },
  ],
  before: unknownView,
  after: {
    ...unknownView,
    email: { ...unknownView.email, score: 0, band: 'suppressed', blocked_by: 'hard_bounce' },
  },
  score_version: 2,
  rules_version: 2,
  ...given,
});

export const profile = (given: Partial<Profile> = {}): Profile => ({
  workspace: 'acme',
  profile_id: 'acme/cio:a1',
  identifiers: { customer_id: 'customer-1', cio_id: 'a1', email_hash: '0'.repeat(32) },
  version: 1,
  published_at: NOON + 1_100,
  view: {
    ...unknownView,
    email: {
      ...unknownView.email,
      score: 0,
      band: 'suppressed',
      blocked_by: 'hard_bounce',
      min_interval_days: null,
      hard_bounce_at: NOON,
    },
  },
  next_change_at: null,
  timer_at: null,
  updated_at: NOON + 1_100,
  state: Buffer.from([1, 2, 3]),
  layout_version: 1,
  score_version: 2,
  rules_version: 2,
  sealed_address: null,
  hash_key_fingerprint: 'f',
  ...given,
});
