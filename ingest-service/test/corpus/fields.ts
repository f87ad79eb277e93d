import type { DeadLetterReason } from '@landed/schemas/fate';
import type { CorpusCase } from './case.ts';
import { STORED, quarantined, unsignedAndSigned } from './case.ts';

const VALUES: Readonly<Record<string, unknown>> = {
  null: null,
  'an empty text': '',
  true: true,
  zero: 0,
  'a number': 17,
  'a fraction': 1.5,
  'a negative number': -1,
  'an array': ['a'],
  'an empty array': [],
  'an object': { a: 1 },
};

const WHOLE = {
  event_id: '01KDVH0000ABCDEFGHJKMNPQRS',
  object_type: 'email',
  metric: 'sent',
  timestamp: 1_767_225_598,
  data: { identifiers: { cio_id: 'a90c07000041' }, delivery_id: 'dgOq' },
};

/** Values that a required field may not have; all others of `VALUES` it may. */
const USABLE: Readonly<Record<'event_id' | 'metric' | 'timestamp', ReadonlySet<string>>> = {
  event_id: new Set(),
  metric: new Set(),
  timestamp: new Set(['zero', 'a number', 'a fraction']),
};
const MISSING: Readonly<Record<keyof typeof USABLE, DeadLetterReason>> = {
  event_id: 'missing_event_id',
  metric: 'missing_metric',
  timestamp: 'missing_timestamp',
};

const json = (event: object): string => JSON.stringify(event);
const without = (field: string): object =>
  Object.fromEntries(Object.entries(WHOLE).filter(([name]) => name !== field));

function required(): CorpusCase[] {
  return Object.entries(MISSING).flatMap(([field, reason]) => {
    const gone = unsignedAndSigned(
      'fields',
      `no ${field}`,
      json(without(field)),
      quarantined(reason),
    );
    const wrong = Object.entries(VALUES).flatMap(([name, value]) =>
      unsignedAndSigned(
        'fields',
        `${field} is ${name}`,
        json({ ...WHOLE, [field]: value }),
        USABLE[field as keyof typeof USABLE].has(name) ? STORED : quarantined(reason),
      ),
    );
    return [...gone, ...wrong];
  });
}

/** Fields whose values are for the readers of the raw topic: whatever they are, it is stored. */
function others(): CorpusCase[] {
  const anything = ['object_type', 'data'].flatMap((field) =>
    Object.entries(VALUES).map(
      ([name, value]) => [`${field} is ${name}`, { ...WHOLE, [field]: value }] as const,
    ),
  );
  const inData = ['identifiers', 'delivery_id', 'recipient', 'customer_id'].flatMap((field) =>
    Object.entries(VALUES).map(
      ([name, value]) =>
        [
          `data.${field} is ${name}`,
          { ...WHOLE, data: { ...WHOLE.data, [field]: value } },
        ] as const,
    ),
  );
  const words: readonly (readonly [string, object])[] = [
    ['an unknown metric', { ...WHOLE, metric: 'teleported' }],
    ['an unknown type', { ...WHOLE, object_type: 'pigeon' }],
    ['an id of 10,000 characters', { ...WHOLE, event_id: 'x'.repeat(10_000) }],
    ['an id with white space', { ...WHOLE, event_id: ' a b\n' }],
    ['an id that is an address', { ...WHOLE, event_id: 'ann@shop.example' }],
    ['a name of the prototype as id', { ...WHOLE, event_id: '__proto__' }],
    ['a timestamp of digits', { ...WHOLE, timestamp: '1767225598' }],
    ['a timestamp in ms', { ...WHOLE, timestamp: 1_767_225_598_000 }],
    ['a timestamp in the year 2100', { ...WHOLE, timestamp: 4_102_444_800 }],
  ];
  return [...anything, ...inData, ...words].flatMap(([name, event]) =>
    unsignedAndSigned('fields', name, json(event), STORED),
  );
}

function timestamps(): CorpusCase[] {
  const texts = [
    '',
    ' ',
    '1e9',
    '0x69',
    '-1',
    '1.5',
    '1767225598 ',
    '１７６７',
    'now',
    '2026-01-01',
  ];
  return texts.flatMap((text) =>
    unsignedAndSigned(
      'fields',
      `timestamp is the text ${JSON.stringify(text)}`,
      json({ ...WHOLE, timestamp: text }),
      quarantined('missing_timestamp'),
    ),
  );
}

function legacy(): CorpusCase[] {
  return unsignedAndSigned(
    'fields',
    'the format of before 2020',
    json({ ...without('object_type'), event_type: 'email_sent' }),
    quarantined('legacy_format'),
  );
}

/** Fields of an event that are missing, empty or of another type. */
export const fieldCases = (): CorpusCase[] => [
  ...required(),
  ...others(),
  ...timestamps(),
  ...legacy(),
];
