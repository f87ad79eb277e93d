import http from 'node:http';
import https from 'node:https';
import { signedHeaders } from './sign.ts';

/** What one attempt brought. Status 0: no answer, `word` says why. */
export type Answer = {
  readonly status: number;
  /** `stored`, `quarantined` as answered with 2xx; `http_<status>`; `timeout`, `refused`, `reset`, `no_answer`. */
  readonly word: string;
  readonly reason: string | null;
};

export type Poster = {
  /** Signs the body with the time of now and posts it once. Never rejects. */
  readonly post: (body: Buffer) => Promise<Answer>;
  readonly close: () => void;
};

export type PosterOptions = {
  readonly url: URL;
  readonly key: string;
  /** Customer.io waits 4 s for a 2xx. */
  readonly timeoutMs: number;
  readonly connectionsMax: number;
  readonly now: () => number;
};

const ANSWER_CHARS_MAX = 4096;

const FAILURE_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** The answer in words. A 2xx without a readable body counts as stored: that is what it means. */
function readAnswer(status: number, text: string): Answer {
  if (!isSuccess(status)) return { status, word: `http_${status}`, reason: null };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { status, word: 'stored', reason: null };
  }
  const { status: word, reason } = (body ?? {}) as Record<string, unknown>;
  return {
    status,
    word: word === 'quarantined' ? 'quarantined' : 'stored',
    reason: typeof reason === 'string' ? reason : null,
  };
}

/** Posts signed bodies over kept-alive connections. */
export function createPoster(options: PosterOptions): Poster {
  const { url, key, timeoutMs, now } = options;
  const transport = url.protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: options.connectionsMax });

  const post = (body: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': String(body.length),
        ...signedHeaders(key, now(), body),
      };
      const request = transport.request(url, { method: 'POST', headers, agent });
      const finish = (answer: Answer): void => {
        clearTimeout(deadline);
        resolve(answer);
      };
      const fail = (error: NodeJS.ErrnoException): void =>
        finish({ status: 0, word: FAILURE_WORDS[error.code ?? ''] ?? 'no_answer', reason: null });
      const deadline = setTimeout(() => {
        finish({ status: 0, word: 'timeout', reason: null });
        request.destroy();
      }, timeoutMs);
      request.on('error', fail);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          if (text.length < ANSWER_CHARS_MAX) text += part;
        });
        response.on('end', () => finish(readAnswer(response.statusCode ?? 0, text)));
        response.on('error', fail);
      });
      request.end(body);
    });

  return { post, close: () => agent.destroy() };
}
