import { InvalidArgumentError } from 'commander';

/** Reads an option that is a whole number between two others, both included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`must be a whole number from ${min}`);
    }
    return value;
  };
}
