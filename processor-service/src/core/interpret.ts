import type { Fate } from '@landed/schemas/fate';
import { interpretCommand } from './interpret/command.ts';
import { deadLetter } from './interpret/context.ts';
import type { InterpretContext, RawEvent } from './interpret/context.ts';
import { interpretWebhook } from './interpret/webhook.ts';
import type { Interpreted } from './interpret/webhook.ts';

export { RULES_VERSION } from './failure/classify.ts';
export type { InterpretContext, RawEvent } from './interpret/context.ts';
export type { Interpreted } from './interpret/webhook.ts';

/**
 * What a raw record means: an outcome to publish and an event to fold, or a dead letter with its
 * reason. Total: any JSON value has a fate. A metric or type nobody knows is no error, it becomes an
 * outcome as it stands. Kinds of records this program does not know are kept as dead letters.
 */
export function interpret(raw: RawEvent, context: InterpretContext): Fate<Interpreted> {
  if (raw.kind === 'webhook') return interpretWebhook(context, raw.body);
  if (raw.kind === 'command') return interpretCommand(context, raw.body);
  if (raw.kind === 'tick') return { kind: 'drop', reason: 'tick' };
  return deadLetter('unknown_kind', 'a raw record of a kind this program does not know');
}
