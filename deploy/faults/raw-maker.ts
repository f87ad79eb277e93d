import type { RawWebhook } from '@landed/schemas/events.gen';
import { profileKey } from '@landed/schemas/key';

/** What a raw record is made with. */
export type RawMakerDeps = {
  readonly workspace: string;
  readonly hashAddress: (address: string) => string;
  readonly seal: (body: Buffer) => Buffer;
  readonly encode: (value: RawWebhook) => Buffer;
  /** When it was received, ms. */
  readonly now: () => number;
};

/** A raw record as ingest would have stored it. */
export type MadeRecord = { readonly key: string; readonly value: Buffer };

export type RawMaker = (kind: string, cioId: string, eventId: string, body: object) => MadeRecord;

/** Makes raw records by the contract, without a request: of any kind, for a person with a `cio_id`. */
export function createRawMaker(deps: RawMakerDeps): RawMaker {
  const { workspace, hashAddress } = deps;
  return (kind, cioId, eventId, body) => {
    const identity = { cioId, id: null, email: null, deliveryId: null, eventId };
    const bytes = Buffer.from(JSON.stringify(body));
    const value = deps.encode({
      kind,
      source: 'customerio',
      workspace,
      event_id: eventId,
      received_at: deps.now(),
      signature_timestamp: null,
      signing_key_id: null,
      flags: [],
      body: deps.seal(bytes),
      body_bytes: bytes.length,
      body_sha256: '',
    });
    return { key: profileKey(workspace, identity, hashAddress), value };
  };
}
