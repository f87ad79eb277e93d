import { emailLife } from './lives-email.ts';
import { mobileLife } from './lives-mobile.ts';
import { otherLife, subscriptionLife } from './lives-other.ts';
import { messageTo } from './payload.ts';
import type { JsonObject } from './payload.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';

/**
 * How long after the step before: `together` in the same second, `soon` seconds, `while` minutes
 * to an hour or so, `later` hours. The schedule decides what that is in numbers.
 */
export type Pace = 'together' | 'soon' | 'while' | 'later';

/** One event of a life, before it has an id and a time. */
export type Step = {
  readonly pace: Pace;
  readonly objectType: string;
  readonly metric: string;
  readonly data: JsonObject;
  readonly typeField?: 'object_type_type';
};

/** A life of one message, or of one decision of a person: its events in the order they happen. */
export type Storyline = readonly Step[];

const SHARES = {
  email: 700,
  sms: 90,
  push: 90,
  whatsapp: 35,
  in_app: 40,
  slack: 4,
  webhook: 8,
  subscription: 28,
  undocumented: 5,
} as const;

/** A plausible storyline for a person. */
export function storylineOf(random: Random, person: Person): Storyline {
  const channel = random.weighted(SHARES);
  if (channel === 'subscription') return subscriptionLife(random, person);
  const message = messageTo(random, person);
  switch (channel) {
    case 'email':
      return emailLife(random, message);
    case 'sms':
    case 'push':
    case 'whatsapp':
    case 'in_app':
      return mobileLife(random, message, channel);
    case 'slack':
    case 'webhook':
    case 'undocumented':
      return otherLife(random, message, channel);
  }
}
