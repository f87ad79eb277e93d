import { maskAddresses } from '@landed/schemas/mask';
import { interpret } from '../../src/core/interpret.ts';
import type { InterpretContext, Interpreted } from '../../src/core/interpret.ts';

export const AT_SECONDS = 1_772_366_400;
export const AT = AT_SECONDS * 1000;

/** Stands in for the keyed hash: 32 hex digits, the same for the same address in any case. */
export function fakeHash(address: string): string {
  let hash = 7;
  for (const unit of address.trim().toLowerCase()) {
    hash = (Math.imul(hash, 31) + (unit.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash.toString(16).padStart(32, '0');
}

export const context: InterpretContext = {
  workspace: 'acme',
  eventId: '01K9Z6Q2T4M8V0XN3R7B5C1DHE',
  profileKey: 'acme/cio:a1',
  receivedAt: AT + 2000,
  recordedAt: AT + 3000,
  hashAddress: fakeHash,
  maskAddresses,
  rawPartition: 3,
  rawOffset: 42n,
};

export const IDENTIFIERS = { id: 'u-1', email: 'mira@nordlicht.example', cio_id: 'a90c01' };

/** A webhook body as Customer.io sends it. */
export function body(objectType: string, metric: string, data: Record<string, unknown> = {}) {
  return {
    event_id: context.eventId,
    object_type: objectType,
    metric,
    timestamp: AT_SECONDS,
    data: { delivery_id: 'dgT1', identifiers: IDENTIFIERS, campaign_id: 31, ...data },
  };
}

export function read(raw: unknown, overrides: Partial<InterpretContext> = {}): Interpreted {
  const fate = interpret({ kind: 'webhook', body: raw }, { ...context, ...overrides });
  if (fate.kind !== 'ok') throw new Error(`${fate.kind} ${fate.reason}`);
  return fate.value;
}

export function command(raw: unknown, overrides: Partial<InterpretContext> = {}) {
  return interpret({ kind: 'command', body: raw }, { ...context, ...overrides });
}
