import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';

/** A body that is refused with this HTTP status. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly status: number;
  readonly code: number;
  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decompressors: Record<string, Decompress> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

const tooLarge = (bytesMax: number): BodyError =>
  new BodyError(413, 396, `The body is larger than ${bytesMax} bytes`);

/**
 * Reads a body to its end. An insert thereby happens wholly or not at all: a client that leaves
 * in the middle has added nothing.
 */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
};

/**
 * Undoes the Content-Encoding. An unknown one is an error: compressed bytes passed on as SQL
 * would be answered OK while the rows are gone.
 *
 * @param unpackLz4 lz4 frames, which Node cannot read and the engine can
 */
export const decodeBody = async (
  body: Buffer,
  encoding: string | undefined,
  bytesMax: number,
  unpackLz4: (bytes: Buffer) => Promise<Buffer>,
): Promise<Buffer> => {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '' || body.length === 0) return body;
  if (name === 'lz4') return unpackLz4(body);
  const decompress = decompressors[name];
  if (decompress === undefined) {
    throw new BodyError(400, 584, `Unknown Content-Encoding: ${name.slice(0, 32)}`);
  }
  try {
    return await decompress(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new BodyError(400, 354, `The body is not valid ${name}`);
  }
};
