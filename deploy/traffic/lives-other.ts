import { failureText } from './failure-texts.ts';
import { clickedLink, goJson, identityOf } from './payload.ts';
import type { JsonObject, Message } from './payload.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import type { Pace, Step, Storyline } from './storyline.ts';

type SubscriptionMetric = 'subscribed' | 'unsubscribed' | 'cio_subscription_preferences_changed';

const PREFERENCES = 'cio_subscription_preferences_changed';

/**
 * A change of what a person wants. The object type is `customer` or the channel that caused it;
 * the preference event spells the field `object_type_type` and holds its content as JSON in a
 * string.
 *
 * @param cause the message through which it happened, if any
 */
export function subscriptionEvent(
  person: Person,
  objectType: string,
  metric: SubscriptionMetric,
  pace: Pace,
  cause?: Message,
  preferences: JsonObject = {
    topics: { topic_1: true, topic_2: false },
    channels: { email: false },
  },
): Step {
  const who: JsonObject = {
    customer_id: person.identifiers?.id ?? '',
    email_address: person.email,
    ...identityOf(person),
  };
  if (metric !== PREFERENCES) return { pace, objectType, metric, data: who };
  const data = { content: goJson(preferences), ...cause?.base, ...who };
  return { pace, objectType, metric, data, typeField: 'object_type_type' };
}

/** A person changes their mind without a message: in the account, or through a form. */
export function subscriptionLife(random: Random, person: Person): Storyline {
  const channel = random.pick(['customer', 'customer', 'email', 'sms']);
  const decision = random.weighted({ leave: 3, comeBack: 3, both: 2, choose: 4 });
  switch (decision) {
    case 'leave':
      return [subscriptionEvent(person, channel, 'unsubscribed', 'soon')];
    case 'comeBack':
      return [subscriptionEvent(person, channel, 'subscribed', 'soon')];
    case 'both':
      return [
        subscriptionEvent(person, channel, 'unsubscribed', 'soon'),
        subscriptionEvent(person, channel, 'subscribed', 'later'),
      ];
    case 'choose': {
      const preferences: JsonObject = random.pick([
        { topics: { topic_1: false } },
        { topics: { topic_2: true }, channels: { email: true } },
        { channels: { sms: false, push: true } },
        {},
      ]);
      return [subscriptionEvent(person, channel, PREFERENCES, 'soon', undefined, preferences)];
    }
  }
}

function step(message: Message, objectType: string, metric: string, extra: JsonObject): Step {
  return { pace: 'soon', objectType, metric, data: { ...message.base, ...extra } };
}

function slackLife(random: Random, message: Message): Storyline {
  const recipient = '#orders';
  if (random.chance(0.2)) {
    return [
      step(message, 'slack', 'failed', { failure_message: failureText(random, 'slackRefused') }),
    ];
  }
  return [
    step(message, 'slack', 'sent', { recipient }),
    ...(random.chance(0.3)
      ? [step(message, 'slack', 'clicked', { recipient, ...clickedLink(random) })]
      : []),
  ];
}

function webhookLife(random: Random, message: Message): Storyline {
  const recipient = 'https://hooks.shop.example/orders';
  const failure = { failure_message: failureText(random, 'webhookRefused') };
  if (random.chance(0.15)) return [step(message, 'webhook', 'failed', failure)];
  const sent = step(message, 'webhook', 'sent', { recipient });
  return random.chance(0.2) ? [step(message, 'webhook', 'attempted', failure), sent] : [sent];
}

/** Types and metrics that no document names yet: the sender's format grows without notice. */
function undocumentedLife(random: Random, message: Message): Storyline {
  const [objectType, metric] = random.pick([
    ['inbox', 'sent'],
    ['inbox', 'opened'],
    ['line', 'delivered'],
    ['live_notification', 'updated'],
    ['email', 'snoozed'],
    ['sms', 'price_changed'],
  ] as const);
  return [step(message, objectType, metric, { recipient: message.person.email, pinned: true })];
}

/** One life of a message that is no letter and goes to no phone. */
export function otherLife(
  random: Random,
  message: Message,
  channel: 'slack' | 'webhook' | 'undocumented',
): Storyline {
  switch (channel) {
    case 'slack':
      return slackLife(random, message);
    case 'webhook':
      return webhookLife(random, message);
    case 'undocumented':
      return undocumentedLife(random, message);
  }
}
