import type { LogRecord } from '../../src/log/record-batch.ts';
import { rawValue, record, tickValue, webhookValue } from './raw-records.ts';
import type { WebhookSpec } from './raw-records.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const START = Date.UTC(2026, 0, 5, 12);

/**
 * A small log with everything in it: lives of deliveries, repetitions, poison of every kind, times
 * that go back, and ticks that make more timers due than one transaction may hold.
 */
export function scenario(): readonly LogRecord[] {
  const log: LogRecord[] = [];
  let clock = START;
  const put = (key: string | null, value: Buffer | null): void => {
    clock += 1_000;
    // The third of four records was stamped by a broker whose clock is behind.
    const stamp = log.length % 4 === 2 ? clock - 2_500 : clock;
    log.push(record(log.length, stamp, key, value));
  };
  const webhook = (spec: Omit<WebhookSpec, 'at'> & { readonly at?: number }): void =>
    put(`w/cio:${spec.cioId}`, webhookValue({ at: clock, ...spec }));
  const tick = (): void => put(null, tickValue(clock));
  const soft = { failure_message: '452 4.2.2 The mailbox is over quota' };
  const hard = { failure_message: '550 5.1.1 The email account does not exist' };

  for (const cioId of ['1', '2', '3', '4', '5']) {
    webhook({ cioId, eventId: `s${cioId}`, metric: 'sent', deliveryId: `d${cioId}` });
    webhook({ cioId, eventId: `d${cioId}`, metric: 'delivered', deliveryId: `d${cioId}` });
  }
  webhook({ cioId: '1', eventId: 'd1', metric: 'delivered', deliveryId: 'd1' });
  webhook({ cioId: '2', eventId: 'b2', metric: 'bounced', deliveryId: 'd2', data: hard });
  put('w/cio:3', Buffer.from('not avro'));
  put('w/cio:3', Buffer.from([0, 0, 0]));
  put('w/cio:3', null);
  put('w/cio:3', Buffer.concat([webhookValue(first()), Buffer.from([1])]));
  put('elsewhere/cio:3', webhookValue(first()));
  put(null, webhookValue(first()));
  put('w/cio:3', rawValue({ eventId: 'k', body: Buffer.from('{}'), at: clock, kind: 'link' }));
  put('w/cio:3', rawValue({ eventId: 'j', body: Buffer.from('{"event_id"'), at: clock }));
  put('w/cio:3', spoilt());
  webhook({ cioId: '3', eventId: 'f3', metric: 'clicked', deliveryId: 'd3', at: clock + DAY_MS });
  for (const cioId of ['6', '7', '8', '9', '10', '11', '12']) {
    webhook({
      cioId,
      eventId: `q${cioId}`,
      metric: 'bounced',
      deliveryId: `q${cioId}`,
      data: soft,
    });
  }
  // Deliveries of one person in a row: each keeps the clock of its own record.
  webhook({ cioId: '13', eventId: 'x13', metric: 'delivered', deliveryId: 'x13' });
  webhook({ cioId: '13', eventId: 'y13', metric: 'delivered', deliveryId: 'y13' });
  webhook({ cioId: '13', eventId: 'z13', metric: 'delivered', deliveryId: 'z13' });
  webhook({ cioId: '4', eventId: 'c4', metric: 'clicked', deliveryId: 'd4', at: clock - HOUR_MS });
  tick();
  clock += 25 * HOUR_MS;
  // An event of a person with a timer due: it fires before the event is folded.
  webhook({ cioId: '6', eventId: 'd6', metric: 'delivered', deliveryId: 'n6' });
  // And one that is a repetition: the timer fires all the same, and once.
  webhook({ cioId: '7', eventId: 'q7', metric: 'bounced', deliveryId: 'q7', data: soft });
  webhook({ cioId: '7', eventId: 'q7', metric: 'bounced', deliveryId: 'q7', data: soft });
  tick();
  tick();
  webhook({ cioId: '2', eventId: 'x2', metric: 'opened', deliveryId: 'd2' });
  clock += 40 * DAY_MS;
  tick();
  webhook({ cioId: '5', eventId: 'u5', metric: 'spammed', deliveryId: 'd5' });
  webhook({ cioId: '1', eventId: 'd1', metric: 'delivered', deliveryId: 'd1' });
  clock += 200 * DAY_MS;
  webhook({ cioId: '4', eventId: 'n4', metric: 'delivered', deliveryId: 'n4' });
  tick();
  return log;
}

const first = (): WebhookSpec => ({ cioId: '3', eventId: 'p3', metric: 'opened', at: START });

/** A record whose body was sealed under a known key, and changed since. */
function spoilt(): Buffer {
  const value = Buffer.from(webhookValue(first()));
  const at = value.indexOf(Buffer.from('k1')) + 40;
  value[at] = (value[at] ?? 0) ^ 0xff;
  return value;
}
