import { createRandom } from './random.ts';
import type { Random } from './random.ts';

/** How a person's mailbox and the person behave; decides which lives their messages have. */
export type Disposition = 'reader' | 'silent' | 'dead' | 'full' | 'walled' | 'leaver';

export type Identifiers = {
  readonly id?: string | null;
  readonly email?: string | null;
  readonly cio_id?: string;
};

export type Device = { readonly id: string; readonly platform: 'ios' | 'android' | null };

/** A made-up customer of the shop. None of the addresses and numbers can belong to anybody. */
export type Person = {
  readonly number: number;
  readonly disposition: Disposition;
  /** As the payload states them; undefined: the payload has no identifiers at all. */
  readonly identifiers: Identifiers | undefined;
  readonly email: string;
  readonly phone: string;
  readonly devices: readonly Device[];
  /** The mail program loads pictures by itself, so opens come from a machine. */
  readonly isPrefetched: boolean;
};

const FIRST_NAMES =
  'ada bela carla dario emil femke gita hanno ines jules kaya lars mira noor oona pavel rosa sami tilda uwe vera wim yara zoe'.split(
    ' ',
  );
const LAST_NAMES =
  'abel brandt costa dahl eklund falk garner holm ivers jansen krause lund moreau nagy olsen pohl quist reuter sand thorn ulrich vogel weber zander'.split(
    ' ',
  );

/**
 * Mailbox domains and their shares. At the real providers the local part is one that they do not
 * give away (it begins with a digit, has a hyphen and more than 32 characters); the other domains
 * are reserved for examples.
 */
const DOMAINS = {
  'gmail.com': 38,
  'outlook.com': 9,
  'hotmail.com': 6,
  'yahoo.com': 8,
  'icloud.com': 9,
  'gmx.de': 6,
  'nordlicht.example': 10,
  'kaffee.example': 6,
  'werkstatt.example': 5,
  'büro.example': 1,
} as const;

const DISPOSITIONS: Readonly<Record<Disposition, number>> = {
  reader: 62,
  silent: 26,
  dead: 4,
  full: 3,
  walled: 2,
  leaver: 3,
};

const IDENTIFIER_STYLES = {
  all: 74,
  noCioId: 8,
  idOnly: 6,
  idIsAddress: 3,
  emailOnly: 4,
  nullId: 3,
  none: 2,
} as const;

const HEX = '0123456789abcdef';
const TOKEN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

function identifiersOf(random: Random, number: number, email: string): Identifiers | undefined {
  const id = `u-${10_000 + number}`;
  const cioId = `${random.text(6, HEX)}${number.toString(16).padStart(6, '0')}`;
  switch (random.weighted(IDENTIFIER_STYLES)) {
    case 'all':
      return { id, email, cio_id: cioId };
    case 'noCioId':
      return { id, email };
    case 'idOnly':
      return { id };
    case 'idIsAddress':
      return { id: email, email, cio_id: cioId };
    case 'emailOnly':
      return { email };
    case 'nullId':
      return { id: null, email, cio_id: cioId };
    case 'none':
      return undefined;
  }
}

function devicesOf(random: Random): readonly Device[] {
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, () => {
    const platform = random.pick(['ios', 'android', null] as const);
    const id = platform === 'ios' ? random.text(64, HEX) : random.text(142, TOKEN);
    return { id, platform };
  });
}

/**
 * Person number `number` of a seed. The same for every run of that seed, so that people who come
 * back have a history.
 */
export function personOf(seed: string, number: number): Person {
  const random = createRandom(`${seed}/person/${number}`);
  const digits = String(number).padStart(5, '0');
  const name = `${random.pick(FIRST_NAMES)}.${random.pick(LAST_NAMES)}`;
  const email = `${digits}.${name}.of-landed-traffic@${random.weighted(DOMAINS)}`;
  // Numbers 555-0100 to 555-0199 of every area are kept for fiction.
  const area = 201 + random.integer(0, 780);
  return {
    number,
    disposition: random.weighted(DISPOSITIONS),
    identifiers: identifiersOf(random, number, email),
    email,
    phone: `+1${area}55501${String(random.integer(0, 99)).padStart(2, '0')}`,
    devices: devicesOf(random),
    isPrefetched: random.chance(0.3),
  };
}
