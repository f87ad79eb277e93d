import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/core/interpret.ts';
import { AT, AT_SECONDS, IDENTIFIERS, body, command, context, fakeHash, read } from './payloads.ts';

const TO = 'mira@nordlicht.example';
const mail = { recipient: TO, subject: 'Your cart' };

/** Every documented combination of type and metric, with our word for it. */
const COMBINATIONS: readonly (readonly [string, string, string])[] = [
  'attempted:attempted',
  'sent:accepted',
  'delivered:delivered',
  'opened:opened',
  'clicked:clicked',
  'converted:converted',
  'bounced:bounced',
  'dropped:dropped',
  'failed:failed',
  'undeliverable:undeliverable',
  'drafted:drafted',
  'deferred:deferred',
  'replied:replied',
].flatMap((pair) => {
  const [metric, kind] = pair.split(':') as [string, string];
  return ['email', 'push', 'sms', 'whatsapp', 'in_app', 'slack', 'webhook'].map(
    (type) => [type, metric, kind] as const,
  );
});

describe('message events', () => {
  test.each(COMBINATIONS)('%s %s becomes %s', (type, metric, kind) => {
    const { outcome, event } = read(body(type, metric, { recipient: 'r-1' }));
    expect(outcome).toMatchObject({ kind, metric, object_type: type, channel: type });
    expect(outcome).toMatchObject({ delivery_id: 'dgT1', campaign_id: 31, occurred_at: AT });
    expect(event).toMatchObject({ metric, channel: type, ts: AT, receivedAt: context.recordedAt });
    expect(event).toMatchObject({ deliveryId: 'dgT1', order: null, consents: [] });
  });

  test('ids, times and the raw position are carried over', () => {
    const { outcome } = read(body('email', 'delivered', mail));
    expect(outcome).toMatchObject({
      workspace: 'acme',
      event_id: context.eventId,
      profile_id: 'acme/cio:a1',
      customer_id: 'u-1',
      cio_id: 'a90c01',
      received_at: AT + 2000,
      recorded_at: AT + 3000,
      raw_partition: 3,
      raw_offset: 42,
      subject: 'Your cart',
      recipient_hash: fakeHash(TO),
      recipient_domain: 'nordlicht.example',
      mailbox_provider: 'other',
      effect: 'none',
    });
  });

  test('numbers sent as text are numbers; what is none stays in the metadata', () => {
    const { outcome } = read(
      body('email', 'clicked', {
        ...mail,
        campaign_id: '77',
        link_id: '3',
        action_id: 'x',
        href: 'https://s.example/?u=mira@x.example',
      }),
    );
    expect(outcome).toMatchObject({ campaign_id: 77, link_id: 3, action_id: null });
    expect(outcome.link_url).toBe('https://s.example/?u=<address>');
    expect(JSON.parse(outcome.metadata)).toMatchObject({ action_id: 'x' });
  });

  test.each([
    ['seconds', AT_SECONDS, AT],
    ['text', String(AT_SECONDS), AT],
    ['fraction', AT_SECONDS + 0.25, AT + 250],
  ])('timestamp as %s', (_name, timestamp, at) => {
    expect(read({ ...body('email', 'sent', mail), timestamp }).outcome.occurred_at).toBe(at);
  });

  test('a mail event without recipient went to the address of the person', () => {
    const { event, emailAddress } = read(body('email', 'failed', { failure_message: 'x' }));
    expect(event.targets[0]?.to).toBe(fakeHash(TO));
    expect(emailAddress).toBe(TO);
  });

  test('a text message without recipient names nobody', () => {
    const { event, emailAddress, outcome } = read(body('sms', 'failed'));
    expect(event.targets).toHaveLength(1);
    expect(event.targets[0]?.to).toBe('');
    expect(emailAddress).toBeNull();
    expect(outcome.recipient_hash).toBeNull();
  });

  test('a name around the address is left out', () => {
    const { event, emailAddress } = read(body('email', 'sent', { recipient: `Mira <${TO}>` }));
    expect(event.targets[0]?.to).toBe(fakeHash(TO));
    expect(emailAddress).toBe(TO);
  });

  test.each([
    ['clicked', { machine: true }, true],
    ['clicked', { machine: false }, false],
    ['clicked', {}, false],
    ['opened', { prefetched: true, proxied: true }, true],
    ['opened', { synthetic: true }, true],
    ['opened', { proxied: true }, false],
  ])('%s %o: machine %s', (metric, flags, isMachine) => {
    const { outcome, event } = read(body('email', metric, { ...mail, ...flags }));
    expect(outcome.is_machine).toBe(isMachine);
    expect(event.isMachine).toBe(isMachine);
  });

  test('a message without delivery id stands for itself where it weighs', () => {
    const data = { ...mail, delivery_id: undefined };
    expect(read(body('email', 'delivered', data)).event.deliveryId).toBe(
      `event:${context.eventId}`,
    );
    expect(read(body('email', 'opened', data)).event.deliveryId).toBeNull();
    expect(read(body('email', 'delivered', data)).outcome.delivery_id).toBeNull();
  });

  test('an unknown type and an unknown metric are outcomes as they stand', () => {
    const { outcome, event } = read(body('line', 'thumbed', { recipient: 'x', mood: 'good' }));
    expect(outcome).toMatchObject({
      kind: 'other',
      metric: 'thumbed',
      object_type: 'line',
      channel: 'line',
    });
    expect(JSON.parse(outcome.metadata)).toEqual({
      mood: 'good',
      identifiers: { email_hash: fakeHash(TO) },
    });
    expect(event).toMatchObject({ order: null, consents: [], targets: [] });
  });

  test('a metric that is called like a command is none', () => {
    for (const metric of ['reinstate', 'purchase', 'consent']) {
      expect(read(body('customer', metric)).event).toMatchObject({ order: null, consents: [] });
    }
  });
});

describe('failures', () => {
  test('the reason is classed, masked and kept', () => {
    const reason = `550 5.1.1 <${TO}> user unknown`;
    const { outcome, event } = read(body('email', 'bounced', { ...mail, failure_message: reason }));
    expect(outcome).toMatchObject({
      failure_class: 'hard',
      failure_kind: 'no_mailbox',
      failure_code: '5.1.1',
      failure_reason: '550 5.1.1 <<address>> user unknown',
    });
    expect(outcome.failure_rule).toMatch(/^no_mailbox\./);
    expect(outcome.rules_version).toBeGreaterThan(0);
    expect(event.targets[0]?.failure).toMatchObject({ cls: 'hard', kind: 'no_mailbox' });
  });

  test('no reason at all is unknown', () => {
    const { outcome } = read(body('email', 'bounced', mail));
    expect(outcome).toMatchObject({ failure_class: 'unknown', failure_reason: null });
  });

  test('an opt-out told by the carrier is an opt-out', () => {
    const { event } = read(
      body('sms', 'failed', { failure_message: 'Twilio Error 21610: opted out' }),
    );
    expect(event.consents).toEqual([{ layer: 'sms', isOn: false }]);
  });

  test('push: one target and one outcome a device', () => {
    const recipients = [
      { device_id: 'tok-1', device_platform: 'ios', failure_message: 'BadDeviceToken' },
      { device_id: 'tok-2' },
      'rubbish',
    ];
    const { outcome, event } = read(body('push', 'bounced', { recipients }));
    expect(outcome.devices).toEqual([
      {
        device_hash: fakeHash('tok-1'),
        platform: 'ios',
        failure_class: 'hard',
        failure_kind: 'dead_token',
        failure_reason: 'BadDeviceToken',
      },
      expect.objectContaining({ device_hash: fakeHash('tok-2'), failure_class: 'unknown' }),
    ]);
    expect(event.targets.map(({ to }) => to)).toEqual([fakeHash('tok-1'), fakeHash('tok-2')]);
    expect(outcome).toMatchObject({ failure_class: 'hard', failure_kind: 'dead_token' });
    expect(outcome.metadata).not.toContain('tok-1');
  });

  test('10,000 devices: the first hundred, and it is said', () => {
    const recipients = Array.from({ length: 10_000 }, (_, n) => ({ device_id: `t${n}` }));
    const { outcome, event } = read(body('push', 'sent', { recipients }));
    expect(outcome.devices).toHaveLength(100);
    expect(event.targets).toHaveLength(100);
    expect(outcome.truncated_fields).toEqual(['recipients']);
  });
});

describe('consent', () => {
  const person = { email_address: TO, delivery_id: undefined, campaign_id: undefined };

  test.each([
    ['customer', 'subscribed', person, true, '', 'opted_in'],
    ['customer', 'unsubscribed', person, false, '', 'opted_out'],
    ['email', 'subscribed', person, true, '', 'opted_in'],
    ['email', 'unsubscribed', person, false, '', 'opted_out'],
    ['email', 'unsubscribed', mail, false, 'email', 'opted_out'],
    ['sms', 'unsubscribed', person, false, '', 'opted_out'],
  ])('%s %s %o', (type, metric, data, isOn, channel, kind) => {
    const { outcome, event } = read(body(type, metric, data));
    expect(event.consents).toEqual([{ layer: 'profile', isOn }]);
    expect(outcome).toMatchObject({ kind, channel });
    expect(event.deliveryId).toBe(channel === '' ? null : 'dgT1');
  });

  const preferences =
    '{"topics":{"topic_1":true},"channels":{"email":false,"sms":true,"line":true}}';

  test.each([
    ['a JSON text', preferences],
    ['an object', JSON.parse(preferences) as unknown],
  ])('preferences as %s', (_name, content) => {
    const raw = body('x', 'cio_subscription_preferences_changed', { content });
    const renamed = { ...raw, object_type: undefined, object_type_type: 'email' };
    const { outcome, event } = read(renamed);
    expect(event.consents).toEqual([
      { layer: 'email', isOn: false },
      { layer: 'sms', isOn: true },
    ]);
    expect(event.deliveryId).toBeNull();
    expect(outcome).toMatchObject({
      kind: 'preferences_changed',
      object_type: 'email',
      channel: '',
    });
    expect(JSON.parse(outcome.metadata)).toMatchObject({ preferences: JSON.parse(preferences) });
  });

  test.each([undefined, null, 'no json', '[]', 7, '{"channels":[]}'])(
    'preferences %o say only that they changed',
    (content) => {
      const raw = body('customer', 'cio_subscription_preferences_changed', { content });
      expect(read(raw).event.consents).toEqual([]);
    },
  );
});

describe('metadata', () => {
  test('keeps every field nobody reads, without addresses', () => {
    const raw = body('in_app', 'clicked', {
      tracked_response: 'cta-buy',
      parent_action_id: 9,
      content: 'left out',
      headers: { 'X-To': [TO] },
      customer_id: 'other@shop.example',
      email_address: 'old@nordlicht.example',
      to: '+4930555001',
      [`key ${TO}`]: { deep: [`a ${TO}`, 1, true, null] },
    });
    const { outcome } = read({ ...raw, extra: 'top' });
    expect(JSON.parse(outcome.metadata)).toEqual({
      tracked_response: 'cta-buy',
      parent_action_id: 9,
      headers: { 'X-To': ['<address>'] },
      customer_id: fakeHash('other@shop.example'),
      email_address_hash: fakeHash('old@nordlicht.example'),
      to_hash: fakeHash('+4930555001'),
      'key <address>': { deep: ['a <address>', 1, true, null] },
      identifiers: { email_hash: fakeHash(TO) },
      extra: 'top',
    });
  });

  test('no address of any field is in the outcome or the event', () => {
    const canary = 'canary+x@secret.example';
    const raw = body('email', 'bounced', {
      recipient: canary,
      subject: canary,
      href: `https://x.example/${encodeURIComponent(canary)}`,
      failure_message: `550 <${canary}> unknown`,
      delivery_id: canary,
      journey_id: canary,
      transactional_message_id: canary,
      customer_id: canary,
      identifiers: { id: canary, email: canary, cio_id: canary, more: canary },
      recipients: [{ device_id: canary, failure_message: canary }],
      [canary]: canary,
    });
    const { outcome, event } = read({ ...raw, object_type: canary, metric: canary, top: canary });
    const all = JSON.stringify({ outcome, event });
    expect(all).not.toContain('canary+x');
    expect(all).not.toContain('secret.example');
  });

  test('long texts are cut and named', () => {
    const long = 'word '.repeat(20_000);
    const { outcome } = read(
      body('email', 'bounced', { ...mail, subject: long, failure_message: long, note: long }),
    );
    expect(outcome.subject).toHaveLength(1000);
    expect(outcome.failure_reason).toHaveLength(1000);
    expect([...outcome.truncated_fields].sort()).toEqual(['failure_message', 'note', 'subject']);
    expect(JSON.stringify(outcome).length).toBeLessThan(8000);
  });

  test('a flood of fields is bounded', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 5000 }, (_, n) => [`f${n}`, 'x'.repeat(300)]),
    );
    const { outcome } = read(body('email', 'sent', fields));
    expect(outcome.metadata.length).toBeLessThan(32_000);
    expect(outcome.truncated_fields).toHaveLength(32);
    expect(() => JSON.parse(outcome.metadata) as unknown).not.toThrow();
  });

  test('a field called __proto__ is a field', () => {
    const raw = JSON.parse(
      '{"event_id":"e","object_type":"email","metric":"sent","timestamp":1772366400,"data":{"__proto__":{"a":1}}}',
    ) as unknown;
    expect(read(raw).outcome.metadata).toBe('{"__proto__":{"a":1}}');
  });
});

describe('dead letters', () => {
  const good = body('email', 'sent', mail);

  test.each([
    ['not_object', null],
    ['not_object', [good]],
    ['not_object', 'text'],
    ['legacy_format', { ...good, object_type: undefined, event_type: 'email_opened' }],
    ['missing_event_id', { ...good, event_id: '' }],
    ['missing_event_id', { ...good, event_id: {} }],
    ['missing_metric', { ...good, metric: 7 }],
    ['missing_metric', { ...good, metric: undefined }],
    ['missing_timestamp', { ...good, timestamp: 'soon' }],
    ['missing_timestamp', { ...good, timestamp: null }],
    ['future_timestamp', { ...good, timestamp: AT_SECONDS + 3604 }],
    ['future_timestamp', { ...good, timestamp: 4_102_444_800 }],
    ['future_timestamp', { ...good, timestamp: 1e300 }],
    ['future_timestamp', { ...good, timestamp: AT }],
    ['past_timestamp', { ...good, timestamp: 0 }],
    ['past_timestamp', { ...good, timestamp: -5 }],
    ['past_timestamp', { ...good, timestamp: AT_SECONDS + 3 - 400 * 86_400 - 1 }],
  ])('%s', (reason, raw) => {
    const fate = interpret({ kind: 'webhook', body: raw }, context);
    expect(fate).toMatchObject({ kind: 'dead-letter', reason });
    if (fate.kind === 'dead-letter') expect(fate.detail).not.toContain(TO);
  });

  test.each([AT_SECONDS + 3603, AT_SECONDS + 3 - 400 * 86_400])(
    'timestamp %d is on the edge and counts',
    (timestamp) => {
      expect(read({ ...good, timestamp }).outcome.occurred_at).toBe(timestamp * 1000);
    },
  );

  test('a tick is dropped, an unknown kind kept', () => {
    expect(interpret({ kind: 'tick', body: null }, context)).toEqual({
      kind: 'drop',
      reason: 'tick',
    });
    expect(interpret({ kind: 'link', body: {} }, context)).toMatchObject({
      reason: 'unknown_kind',
    });
  });
});

describe('commands', () => {
  const at = { occurred_at: AT };

  test.each([
    [
      { command: 'consent', consent: 'off', ...at },
      'consent',
      '',
      null,
      [{ layer: 'profile', isOn: false }],
    ],
    [
      { command: 'consent', consent: 'on', channel: 'sms', ...at },
      'consent',
      'sms',
      null,
      [{ layer: 'sms', isOn: true }],
    ],
    [{ command: 'reinstate', ...at }, 'reinstated', '', 'reinstate', []],
    [{ command: 'activity', activity: 'purchase', ...at }, 'activity', '', 'engage', []],
  ])('%o', (raw, kind, channel, order, consents) => {
    const fate = command({ ...raw, identifiers: IDENTIFIERS });
    if (fate.kind !== 'ok') throw new Error(fate.reason);
    expect(fate.value.outcome).toMatchObject({
      kind,
      channel,
      occurred_at: AT,
      object_type: 'command',
    });
    expect(fate.value.event).toMatchObject({ order, consents, ts: AT, deliveryId: null });
    expect(fate.value.outcome).toMatchObject({ customer_id: 'u-1', cio_id: 'a90c01' });
  });

  test.each([
    [null],
    [{ command: 'explode', ...at }],
    [{ command: 'consent', consent: 'maybe', ...at }],
    [{ command: 'consent', consent: 'on', channel: 'fax', ...at }],
    [{ command: 'activity', activity: 'nap', ...at }],
    [{ command: 'reinstate' }],
    [{ command: 'reinstate', occurred_at: 1.5 }],
  ])('%o is refused', (raw) => {
    expect(command(raw)).toMatchObject({ kind: 'dead-letter', reason: 'bad_command' });
  });

  test('its time is held against the clock too', () => {
    const raw = { command: 'reinstate', occurred_at: AT + 2 * 3_600_000 };
    expect(command(raw)).toMatchObject({ reason: 'future_timestamp' });
  });
});
