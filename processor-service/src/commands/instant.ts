import { InvalidArgumentError } from 'commander';

/** Reads an option that is an instant. @returns ms @throws InvalidArgumentError */
export function parseInstant(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('It must be like 2026-03-01T13:00:00Z.');
  return at;
}
