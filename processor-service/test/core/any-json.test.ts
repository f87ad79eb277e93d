import fc from 'fast-check';
import { DEAD_LETTER_REASONS } from '@landed/schemas/fate';
import { describe, expect, test, vi } from 'vitest';
import { fold } from '../../src/core/fold.ts';
import { interpret } from '../../src/core/interpret.ts';
import { decodeProfileState, encodeProfileState } from '../../src/core/codec.ts';
import { emptyPerson } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';
import { hasNaN } from './has-nan.ts';
import { LAW_TIMEOUT_MS, runsOf } from './law-runs.ts';
import { AT, AT_SECONDS, context } from './payloads.ts';

/** These are bodies, not histories: few cost little. */
const RUNS = Math.max(300, runsOf('noNaN'));

vi.setConfig({ testTimeout: LAW_TIMEOUT_MS });

const anything = fc.jsonValue({ maxDepth: 4, depthSize: 'medium' });
const FIELDS = [
  'delivery_id',
  'identifiers',
  'customer_id',
  'email_address',
  'recipient',
  'recipients',
  'content',
  'failure_message',
  'subject',
  'href',
  'link_id',
  'machine',
  'campaign_id',
  'journey_id',
  'to',
];
const METRICS = [
  'sent',
  'delivered',
  'bounced',
  'dropped',
  'deferred',
  'clicked',
  'opened',
  'spammed',
  'failed',
  'attempted',
  'unsubscribed',
  'subscribed',
  'cio_subscription_preferences_changed',
  'replied',
];

const data = fc.oneof(
  anything,
  fc.dictionary(fc.constantFrom(...FIELDS), anything),
  fc.dictionary(
    fc.oneof(fc.constantFrom(...FIELDS), fc.string({ unit: 'binary' })),
    fc.oneof(anything, fc.string({ unit: 'binary' })),
  ),
);
const bodies = fc.oneof(
  { weight: 1, arbitrary: anything },
  {
    weight: 8,
    arbitrary: fc.record({
      event_id: fc.oneof(
        { weight: 9, arbitrary: fc.constant('e1') },
        { weight: 1, arbitrary: anything },
      ),
      object_type: fc.oneof(
        fc.constantFrom('email', 'push', 'sms', 'whatsapp', 'in_app', 'customer'),
        anything,
      ),
      metric: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...METRICS) },
        { weight: 1, arbitrary: anything },
      ),
      timestamp: fc.oneof(
        { weight: 9, arbitrary: fc.constant<unknown>(AT_SECONDS) },
        { weight: 1, arbitrary: anything },
      ),
      data,
    }),
  },
);

describe('any JSON', () => {
  test('has a fate, folds and is viewed without a throw', () => {
    fc.assert(
      fc.property(
        fc.array(bodies, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('webhook', 'command'),
        (list, kind) => {
          let person = emptyPerson();
          list.forEach((body, n) => {
            const fate = interpret({ kind, body }, { ...context, eventId: `e${n}` });
            if (fate.kind === 'dead-letter') {
              expect(DEAD_LETTER_REASONS).toContain(fate.reason);
              return;
            }
            if (fate.kind !== 'ok') throw new Error('neither outcome nor dead letter');
            const { outcome, event } = fate.value;
            expect(hasNaN({ ...outcome, metadata: JSON.parse(outcome.metadata) as unknown })).toBe(
              false,
            );
            expect(JSON.stringify(outcome).length).toBeLessThan(200_000);
            person = fold(person, event).person;
          });
          expect(hasNaN(view(person, AT))).toBe(false);
          const bytes = encodeProfileState(person.profile);
          expect(encodeProfileState(decodeProfileState(bytes)!).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
