import { OperationError } from '@landed/schemas/fate';

/** Standard input that is read whole; more is an error, not a full memory. */
export const INPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Chunks of the caller's standard input. */
export type Input = AsyncIterable<Buffer | string>;

/**
 * Reads input to its end as UTF-8.
 *
 * @throws OperationError, not retriable, when there is more than `INPUT_BYTES_MAX`
 */
export async function readAll(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > INPUT_BYTES_MAX) {
      throw new OperationError(`the input is larger than ${INPUT_BYTES_MAX} bytes`, {
        retriable: false,
      });
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
