import type { CorpusCase } from './case.ts';
import { BODY, STORED, quarantined, unsignedAndSigned } from './case.ts';

/** Values that are no JSON, by what is wrong with them. */
const BROKEN: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'white space': ' \t\r\n ',
  'a word': 'hello',
  'a capital literal': 'True',
  'half a literal': 'nul',
  'a literal and more': 'true1',
  undefined: 'undefined',
  'not a number': 'NaN',
  infinity: 'Infinity',
  'minus infinity': '-Infinity',
  'a plus sign': '+1',
  'a lone minus': '-',
  'two signs': '--1',
  'a leading zero': '01',
  'a leading zero behind a minus': '-01',
  'no digit before the point': '.5',
  'no digit after the point': '1.',
  'two points': '1.2.3',
  'an exponent without digits': '1e',
  'an exponent with two signs': '1e+-1',
  'a broken exponent': '1e1.5',
  hexadecimal: '0x10',
  octal: '0o7',
  binary: '0b1',
  'an underscore in a number': '1_000',
  'a big integer': '1n',
  'a string without its end': '"abc',
  'a string without its beginning': 'abc"',
  'single quotes': "'abc'",
  'a backquote': '`abc`',
  'an unknown escape': '"\\x41"',
  'an escape at the end': '"\\"',
  'short unicode escape': '"\\u12"',
  'unicode escape of no hex': '"\\u00zz"',
  'a tab in a string': '"a\tb"',
  'a line end in a string': '"a\nb"',
  'NUL in a string': '"a\0b"',
  'an array without its end': '[1,2',
  'an array without its beginning': '1,2]',
  'a comma at the end of an array': '[1,2,]',
  'a comma at the start of an array': '[,1]',
  'two commas': '[1,,2]',
  'only a comma': '[,]',
  'no comma': '[1 2]',
  'a colon in an array': '["a":1]',
  'the wrong bracket': '[1}',
  'an object without its end': '{"a":1',
  'a comma at the end of an object': '{"a":1,}',
  'a comma at the start of an object': '{,"a":1}',
  'no colon': '{"a" 1}',
  'two colons': '{"a"::1}',
  'no value': '{"a":}',
  'no key': '{:1}',
  'a key without quotes': '{a:1}',
  'a number as key': '{1:1}',
  'a key in single quotes': "{'a':1}",
  'a comment of a line': '// a\n1',
  'a comment': '/* a */ 1',
  'a hash comment': '# a\n1',
  'two values': '1 2',
  'two objects': '{} {}',
  'a comma behind': '{},',
  'a semicolon behind': '{};',
  'a byte order mark': '\ufeff{}',
  'a no-break space': '\u00a0{}',
  'a line separator': '\u2028{}',
  'a form feed': '\f{}',
  'a vertical tab': '\v{}',
  'an expression': '1+1',
  'a function': 'f()',
  'a prefix against inclusion': ")]}',\n{}",
  XML: '<event/>',
  'a form': 'event_id=a&metric=sent',
  YAML: 'event_id: a\nmetric: sent',
  NDJSON: '{"a":1}\n{"b":2}',
};

/** Where a broken value may stand in an event. */
const PLACES: Readonly<Record<string, (value: string) => string>> = {
  alone: (value) => value,
  'in an array': (value) => `[${value === '' ? ',' : value},0]`,
  'as a field': (value) => `${BODY.slice(0, -1)},"more":${value}}`,
};

/** Bodies that are JSON and no event. */
const OTHER: readonly (readonly [name: string, body: string, CorpusCase['expected']])[] = [
  ['null', 'null', quarantined('not_object')],
  ['true', 'true', quarantined('not_object')],
  ['a number', '42', quarantined('not_object')],
  ['a negative number', '-1.5e-3', quarantined('not_object')],
  ['a string', '"event"', quarantined('not_object')],
  ['an empty string', '""', quarantined('not_object')],
  ['an empty array', '[]', quarantined('not_object')],
  ['an event in an array', `[${BODY}]`, quarantined('not_object')],
  ['an empty object', '{}', quarantined('missing_event_id')],
  ['an empty key', '{"":1}', quarantined('missing_event_id')],
  ['33 levels', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, quarantined('too_deep')],
  [
    '1000 levels of arrays',
    `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`,
    quarantined('too_deep'),
  ],
  ['a repeated key, the last one counts', `{"metric":7,${BODY.slice(1)}`, STORED],
  ['white space around', `\r\n\t ${BODY} \n`, STORED],
  ['a key that is a prototype', `${BODY.slice(0, -1)},"__proto__":{"a":1}}`, STORED],
  ['a constructor', `${BODY.slice(0, -1)},"constructor":{"prototype":{}}}`, STORED],
  ['a number beyond doubles', `${BODY.slice(0, -1)},"n":1e400}`, STORED],
  ['an integer beyond 2^53', `${BODY.slice(0, -1)},"n":9007199254740993}`, STORED],
  ['half a surrogate, escaped', `${BODY.slice(0, -1)},"s":"\\ud800"}`, STORED],
  ['NUL, escaped', `${BODY.slice(0, -1)},"s":"\\u0000"}`, STORED],
  ['control characters of a terminal', `${BODY.slice(0, -1)},"s":"\\u001b[31m"}`, STORED],
  ['line ends, escaped', `${BODY.slice(0, -1)},"s":"\\r\\nHTTP/1.1 200 OK"}`, STORED],
  ['a long string', `${BODY.slice(0, -1)},"s":"${'x'.repeat(20_000)}"}`, STORED],
  [
    'many fields',
    `${BODY.slice(0, -1)},${Array.from({ length: 800 }, (_, n) => `"f${n}":${n}`).join(',')}}`,
    STORED,
  ],
];

/** Bytes that are no UTF-8, at a place in a string. */
const NOT_UTF8: Readonly<Record<string, readonly number[]>> = {
  'a lone continuation': [0x80],
  'a cut sequence': [0xc3],
  'an overlong slash': [0xc0, 0xaf],
  'an overlong NUL': [0xe0, 0x80, 0x80],
  'half a surrogate': [0xed, 0xa0, 0x80],
  'beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
  'five bytes': [0xf8, 0x88, 0x80, 0x80, 0x80],
  FF: [0xff],
  'Latin-1': [0xfc],
  'a cut four-byte character': [0xf0, 0x9f, 0x98],
};

function notUtf8(): CorpusCase[] {
  const [before = '', after = ''] = BODY.split('dgOq');
  const inside = Object.entries(NOT_UTF8).flatMap(([name, bytes]) => {
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    return unsignedAndSigned('json', `not UTF-8, ${name}`, body, quarantined('not_utf8'));
  });
  const whole: readonly (readonly [string, Buffer])[] = [
    ['UTF-16 with a mark', Buffer.from(`\ufeff${BODY}`, 'utf16le')],
    ['gzip', Buffer.from('1f8b08000000000000037a', 'hex')],
    ['zlib', Buffer.from('789c8bae050000f900b9', 'hex')],
    ['a PNG', Buffer.from('89504e470d0a1a0a', 'hex')],
  ];
  const others = whole.flatMap(([name, body]) =>
    unsignedAndSigned('json', `not UTF-8, ${name}`, body, quarantined('not_utf8')),
  );
  return [...inside, ...others];
}

/** Bodies by our own grammar of what is no JSON, no object, too deep or no text. */
export function jsonCases(): CorpusCase[] {
  const broken = Object.entries(BROKEN).flatMap(([name, value]) =>
    Object.entries(PLACES).flatMap(([place, put]) =>
      // In an array or as a field two values are broken as well; only white space is none there.
      unsignedAndSigned('json', `${name}, ${place}`, put(value), quarantined('not_json')),
    ),
  );
  const other = OTHER.flatMap(([name, body, expected]) =>
    unsignedAndSigned('json', name, body, expected),
  );
  return [...broken, ...other, ...notUtf8()];
}
