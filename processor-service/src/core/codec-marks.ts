import { readInstant, writeInstant } from './bytes.ts';
import type { Reader, Writer } from './bytes.ts';
import type { Evidence, Mark } from './marks.ts';
import { NO_CONSENT } from './profile.ts';
import type { ConsentLayer } from './profile.ts';
import { readText, readWord, writeText, writeWord } from './texts.ts';

export function writeMark(writer: Writer, mark: Mark | null, base: number): void {
  writeInstant(writer, base, mark?.at ?? null);
  if (mark !== null) writeText(writer, mark.eventId);
}

export function readMark(reader: Reader, base: number): Mark | null {
  const at = readInstant(reader, base);
  return at === null ? null : { at, eventId: readText(reader) };
}

export function writeEvidence(writer: Writer, evidence: Evidence | null, base: number): void {
  writeMark(writer, evidence, base);
  if (evidence === null) return;
  writeWord(writer, evidence.cls);
  writeWord(writer, evidence.kind);
  writeText(writer, evidence.rule);
}

export function readEvidence(reader: Reader, base: number): Evidence | null {
  const mark = readMark(reader, base);
  if (mark === null) return null;
  const cls = readWord(reader);
  const kind = readWord(reader);
  return { ...mark, cls, kind, rule: readText(reader) };
}

export function writeConsent(writer: Writer, layer: ConsentLayer, base: number): void {
  writeMark(writer, layer.on, base);
  writeMark(writer, layer.off, base);
}

export function readConsent(reader: Reader, base: number): ConsentLayer {
  const on = readMark(reader, base);
  const off = readMark(reader, base);
  return on === null && off === null ? NO_CONSENT : { on, off };
}
