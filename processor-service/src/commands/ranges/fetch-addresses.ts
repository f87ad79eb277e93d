import { OperationError } from '@landed/schemas/fate';
import { rangeProblem } from '@landed/schemas/published-ranges';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';

export type AddressRequest = {
  /** Base address of the App API of a region. */
  readonly api: string;
  /** An App API key of that region. Sent as a bearer token, shown nowhere. */
  readonly key: string;
  /** For one attempt, to the last byte of its answer. */
  readonly deadlineMs: number;
};

/** What comes after the base address. One call; the API takes ten a second. */
export const ADDRESSES_PATH = '/v1/info/ip_addresses';

/** A list of addresses takes one or two of these; more is something else. */
const ANSWER_BYTES_MAX = 64 * 1024;
const RETRIES = { retries: 2, minTimeout: 300, maxTimeout: 1000, randomize: true } as const;
const ENTRY_CHARS_SHOWN = 64;

const answerShape = z.object({ ip_addresses: z.array(z.string()).max(1000) });

const trouble = (message: string, cause?: unknown): OperationError =>
  new OperationError(message, { retriable: true, cause });

/** Trying again at once would change nothing. */
const final = (error: OperationError): AbortError => new AbortError(error);

function statusProblem(host: string, status: number): Error | null {
  if (status === 200) return null;
  if (status === 401 || status === 403) {
    const words = `${host} does not accept CUSTOMERIO_APP_API_KEY (${status}): it must be an App API key of that region`;
    return final(new OperationError(words, { retriable: false }));
  }
  if (status === 429) return trouble(`${host} answered 429: too many calls, try again later`);
  if (status >= 500) return trouble(`${host} answered ${status}: its own trouble`);
  const isRedirect = status >= 300 && status < 400;
  const more = isRedirect ? 'a redirect, which is not followed' : 'which was not expected';
  return final(trouble(`${host} answered ${status}, ${more}`));
}

async function readBounded(response: Response, host: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body = response.body as AsyncIterable<Uint8Array> | null;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      throw final(trouble(`${host} answered more than ${ANSWER_BYTES_MAX} bytes`));
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function ask({ api, key, deadlineMs }: AddressRequest, host: string): Promise<string> {
  try {
    const response = await fetch(new URL(ADDRESSES_PATH, api), {
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: 'application/json',
        'Accept-Encoding': 'identity',
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    });
    const problem = statusProblem(host, response.status);
    if (problem === null) return await readBounded(response, host);
    await response.body?.cancel();
    throw problem;
  } catch (error) {
    if (error instanceof AbortError || error instanceof OperationError) throw error;
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw trouble(`${host} did not answer within ${deadlineMs} ms`, error);
    }
    const cause =
      error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : null;
    throw trouble(`${host} did not answer (${cause?.code ?? 'the connection failed'})`, error);
  }
}

function parseAnswer(text: string, host: string): readonly string[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    const what = /^\s*</.test(text) ? 'a page' : 'something';
    throw trouble(`${host} answered ${what} that is no JSON`, cause);
  }
  const parsed = answerShape.safeParse(given);
  if (!parsed.success) throw trouble(`${host} answered no list "ip_addresses" of texts`);
  const addresses = [...new Set(parsed.data.ip_addresses.map((entry) => entry.trim()))];
  if (addresses.length === 0) throw trouble(`${host} answered an empty list of addresses`);
  for (const entry of addresses) {
    const problem = rangeProblem(entry);
    if (problem === null) continue;
    const shown = JSON.stringify(entry.slice(0, ENTRY_CHARS_SHOWN));
    throw trouble(`${host} answered an entry ${shown} that ${problem}`);
  }
  return addresses;
}

/**
 * Asks Customer.io which addresses it calls from. Tries three times when the other side is in
 * trouble or away.
 *
 * @throws OperationError: not retriable when the key is refused, else retriable
 */
export async function fetchAddresses(request: AddressRequest): Promise<readonly string[]> {
  const { host } = new URL(request.api);
  return parseAnswer(await pRetry(() => ask(request, host), RETRIES), host);
}
