import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';

/** A sender that is still writing gets this long to notice the answer before the connection ends. */
const LINGER_MS = 1000;

const CLOSE = ['Connection', 'close'];

/**
 * Answers, then lets what is left of the request run into the void for a moment. Closing with
 * unread bytes would send a reset, which the sender may see instead of the answer.
 */
function answerAndLinger(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, [...answer.headers, ...CLOSE]);
  response.write(answer.body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end).resume();
}

/**
 * Writes an answer.
 *
 * @param isClosing whether the connection should not be used again: the service is draining
 */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  isClosing: boolean,
): void {
  if (answer.result === 'aborted' || response.destroyed) return;
  if (answer.isFinal) {
    answerAndLinger(request, response, answer);
    return;
  }
  response.writeHead(
    answer.status,
    isClosing ? [...answer.headers, ...CLOSE] : [...answer.headers],
  );
  response.end(answer.body);
}
