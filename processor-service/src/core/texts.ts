import { readByte, readCount, readLength, reserve, writeByte, writeCount } from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';

export function writeText(writer: Writer, text: string): void {
  const length = Buffer.byteLength(text, 'utf8');
  writeCount(writer, length);
  reserve(writer, length);
  writer.bytes.write(text, writer.at, 'utf8');
  writer.at += length;
}

export function readText(reader: Reader): string {
  const length = readLength(reader);
  const from = reader.at;
  reader.at += length;
  return reader.bytes.toString('utf8', from, from + length);
}

const HASH_CHARS = 32;
const HASH_BYTES = HASH_CHARS / 2;
const HASH = /^[0-9a-f]{32}$/;

const AS_TEXT = 0;
const AS_HASH = 1;

/** A text that is an address hash as a rule: half as long then. */
export function writeAddress(writer: Writer, to: string): void {
  if (to.length !== HASH_CHARS || !HASH.test(to)) {
    writeByte(writer, AS_TEXT);
    writeText(writer, to);
    return;
  }
  writeByte(writer, AS_HASH);
  reserve(writer, HASH_BYTES);
  writer.bytes.write(to, writer.at, 'hex');
  writer.at += HASH_BYTES;
}

export function readAddress(reader: Reader): string {
  const form = readByte(reader);
  if (form === AS_TEXT) return readText(reader);
  const from = reader.at;
  if (form !== AS_HASH || from + HASH_BYTES > reader.bytes.length) {
    reader.isBroken = true;
    return '';
  }
  reader.at += HASH_BYTES;
  return reader.bytes.toString('hex', from, from + HASH_BYTES);
}

/** Words that stand in nearly every failure. Part of the layout: add at the end, never change. */
const WORDS: readonly string[] = [
  'hard',
  'soft',
  'block',
  'unknown',
  'suppressed',
  'consent',
  'no_mailbox',
  'no_domain',
  'disabled',
  'quota',
  'transient',
  'size',
  'disabled_temp',
  'unreachable',
  'reputation',
  'content',
  'policy',
  'auth',
  'sender',
  'rate',
  'relay',
  'esp_list',
  'unknown_5xx',
  'email',
  'sms',
  'whatsapp',
  'push',
];

const WORD_CODES = new Map(WORDS.map((word, index) => [word, index + 1]));

/** A word of a nearly closed set: one byte if it is known, else the text. */
export function writeWord(writer: Writer, word: string): void {
  const code = WORD_CODES.get(word);
  writeCount(writer, code ?? 0);
  if (code === undefined) writeText(writer, word);
}

export function readWord(reader: Reader): string {
  const code = readCount(reader);
  if (code === 0) return readText(reader);
  const word = WORDS[code - 1];
  if (word === undefined) reader.isBroken = true;
  return word ?? '';
}
