/** A start or stop that failed for a reason the person at the terminal can act on. */
export class StackError extends Error {
  override readonly name = 'StackError';
}
