import { MAILBOX_DOMAINS } from './mailbox-domains.ts';

const BY_DOMAIN = new Map<string, string>();
const BY_NAME = new Map<string, string>();

for (const [provider, domains] of Object.entries(MAILBOX_DOMAINS)) {
  for (const domain of domains) {
    if (domain.endsWith('.')) BY_NAME.set(domain.slice(0, -1), provider);
    else BY_DOMAIN.set(domain, provider);
  }
}

/** A country, or a country's commercial branch: `fr`, `co.uk`, `com.br`, `com`. */
const COUNTRY = /^(?:[a-z]{2}|com|net|org|(?:com?|ne|or)\.[a-z]{2})$/;

/**
 * Mailbox provider of a recipient's domain: `google`, `microsoft`, ...; `other` for a domain of
 * somebody's own, null without a domain.
 */
export function mailboxProvider(domain: string | null): string | null {
  if (domain === null || domain === '') return null;
  const exact = BY_DOMAIN.get(domain);
  if (exact !== undefined) return exact;
  const dot = domain.indexOf('.');
  const byName = BY_NAME.get(domain.slice(0, dot));
  return byName !== undefined && COUNTRY.test(domain.slice(dot + 1)) ? byName : 'other';
}
