import { parseSigningKeys } from '@landed/ingest-service/key-list';
import { z } from 'zod';

export type ConfiguredKey = { readonly workspace: string; readonly key: string };

const jsonForm = z.string().transform(parseSigningKeys);

/** `workspace:key[,key];…`, read as kindly as it can be: the service is the one that complains. */
function compactKeys(text: string): readonly ConfiguredKey[] {
  return text.split(';').flatMap((part) => {
    const colon = part.indexOf(':');
    const workspace = part.slice(0, Math.max(0, colon)).trim();
    return part
      .slice(colon + 1)
      .split(',')
      .map((key) => ({ workspace, key: key.trim() }));
  });
}

/**
 * The keys of `CUSTOMERIO_SIGNING_KEYS` in either form, in their order: those a sender may sign with.
 *
 * @param now ms; keys outside their time are left out
 */
export function configuredKeys(text: string, now: number): readonly ConfiguredKey[] {
  if (!text.startsWith('[')) return compactKeys(text);
  const { data } = jsonForm.safeParse(text);
  return [...(data ?? [])].flatMap(([workspace, keys]) =>
    keys
      .filter(({ notBefore, notAfter }) => notBefore <= now && now <= notAfter)
      .map(({ secret }) => ({ workspace, key: secret })),
  );
}
