import type { InterpretContext } from './context.ts';
import { asText, cut } from './fields.ts';
import type { JsonObject } from './fields.ts';
import type { Identity } from './identity.ts';
import { LIMITS } from '../bounds.ts';

/** Where a message went. */
export type Recipient = {
  /** Plain; never stored. */
  readonly address: string;
  readonly hash: string;
  /** Domain of an email address, lower case. */
  readonly domain: string | null;
};

const ADDRESS_CHARS_MAX = 320;

/** The address inside `Name <address>`, or the text itself. */
function bareAddress(text: string): string {
  const trimmed = text.trim();
  const from = trimmed.lastIndexOf('<');
  if (from < 0 || !trimmed.endsWith('>')) return trimmed;
  const inner = trimmed.slice(from + 1, -1).trim();
  return inner.includes('@') ? inner : trimmed;
}

const DOMAIN = /^[a-z0-9.-]{1,253}$/;

function domainOf(address: string): string | null {
  const at = address.lastIndexOf('@');
  if (at < 0) return null;
  const domain = address.slice(at + 1).toLowerCase();
  return DOMAIN.test(domain) ? domain : null;
}

/**
 * The address of a message event. A mail event that names none went to the person's address, as far
 * as anyone can tell (attempts and failures before the provider carry no recipient).
 */
export function readRecipient(
  context: InterpretContext,
  payload: JsonObject,
  channel: string,
  identity: Identity,
): Recipient | null {
  const isEmail = channel === 'email';
  const given = asText(payload['recipient']);
  const text = given ?? (isEmail ? identity.email : null);
  if (text === null) return null;
  const address = isEmail ? bareAddress(cut(text, LIMITS.text)) : cut(text, LIMITS.text);
  const known = address === identity.email ? identity.emailHash : null;
  const hash = known ?? context.hashAddress(address);
  return { address, hash, domain: isEmail ? domainOf(cut(address, ADDRESS_CHARS_MAX)) : null };
}
