import { setTimeout as sleep } from 'node:timers/promises';
import { outageFault } from './outage.ts';

export const brokerPaused = outageFault(
  'broker-paused',
  'the broker is held (SIGSTOP) with its connections open, and let go on',
  () => [
    {
      what: 'SIGSTOP',
      suffer: async (stack, ms) => {
        stack.kill('kafka', 'SIGSTOP');
        try {
          await sleep(ms);
        } finally {
          stack.kill('kafka', 'SIGCONT');
        }
      },
    },
  ],
);
