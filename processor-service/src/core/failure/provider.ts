import { isWorthSifting, nextFound, openSieve, sift } from './grams.ts';

/** Signs by which a provider gives itself away in its replies, also for domains it hosts. */
const SIGNS: readonly (readonly [sign: string, provider: string])[] = [
  ['gsmtp', 'google'],
  ['google.com', 'google'],
  ['gmail', 'google'],
  ['outlook.com', 'microsoft'],
  ['hotmail', 'microsoft'],
  ['exchangelabs', 'microsoft'],
  ['office.com', 'microsoft'],
  ['microsoft', 'microsoft'],
  ['yahoodns', 'yahoo'],
  ['yahoo.com', 'yahoo'],
  ['yahoo.co', 'yahoo'],
  ['verizonmedia', 'yahoo'],
  ['aol.com', 'yahoo'],
  ['icloud.com', 'apple'],
  ['apple.com', 'apple'],
  ['me.com', 'apple'],
  ['privaterelay.appleid', 'apple'],
  ['protonmail', 'proton'],
  ['zoho', 'zoho'],
  ['orange.fr', 'orange'],
  ['ofr_', 'orange'],
  ['laposte.net', 'laposte'],
  ['lpn0', 'laposte'],
  ['web.de', 'gmx'],
  ['gmx.', 'gmx'],
  ['kundenserver', 'ionos'],
  ['1and1', 'ionos'],
  ['ionos', 'ionos'],
  ['t-online', 't-online'],
  ['mail.ru', 'mailru'],
  ['yandex', 'yandex'],
  ['mxlogic', 'mcafee'],
  ['mimecast', 'mimecast'],
  ['pphosted', 'proofpoint'],
  ['proofpoint', 'proofpoint'],
  ['barracuda', 'barracuda'],
  ['secureserver', 'godaddy'],
  ['rackspace', 'rackspace'],
  ['emailsrvr', 'rackspace'],
  ['ovh.net', 'ovh'],
  ['comcast', 'comcast'],
  ['cox.net', 'cox'],
  ['charter.net', 'spectrum'],
  ['spectrum.net', 'spectrum'],
  ['att.net', 'att'],
  ['163.com', 'netease'],
  ['netease', 'netease'],
  ['qq.com', 'tencent'],
  ['docomo', 'docomo'],
  ['ezweb', 'kddi'],
  ['softbank', 'softbank'],
  ['twilio', 'twilio'],
  ['fcm', 'fcm'],
  ['apns', 'apns'],
];

const SIEVE = openSieve(SIGNS.map(([sign]) => [sign]));

/** The provider a failure text comes from, where it says so: by the first sign of the list. */
export function recogniseProvider(text: string): string | null {
  if (!isWorthSifting(SIEVE, text)) return null;
  const sifted = sift(SIEVE, text);
  for (let at = nextFound(SIEVE, sifted, 0); at >= 0; at = nextFound(SIEVE, sifted, at + 1)) {
    const sign = SIGNS[at];
    if (sign !== undefined && text.includes(sign[0])) return sign[1];
  }
  return null;
}
