import type { Random } from './random.ts';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/**
 * A ULID whose random part comes from the seed, so that a run can be repeated to the byte.
 *
 * @param mintedAt ms UTC: when the sender made the id, a second or two after the event
 */
export function eventId(random: Random, mintedAt: number): string {
  let time = '';
  let left = mintedAt;
  for (let at = 0; at < TIME_CHARS; at += 1) {
    time = (CROCKFORD[left % 32] ?? '0') + time;
    left = Math.floor(left / 32);
  }
  return time + random.text(RANDOM_CHARS, CROCKFORD);
}
