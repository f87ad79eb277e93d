import { startGoodSender } from './good-sender.ts';
import type { GoodSender, SenderOrder } from './good-sender.ts';

/*
 * The good sender as a process of its own, so that what attacks beside it takes none of its time.
 * First message: the order. Second: how long it may repeat what is left; answered by the report.
 */

/** The second message. */
export type FinishOrder = { readonly deadlineMs: number };

let sender: GoodSender | null = null;
process.on('message', (message: SenderOrder | FinishOrder) => {
  if ('deadlineMs' in message) {
    void sender?.finish(message.deadlineMs).then((report) => process.send?.(report));
  } else sender = startGoodSender(message);
});
process.on('disconnect', () => process.exit(0));
