import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { ACTIVITIES } from '../core/activity.ts';
import { CHANNELS } from '../core/event.ts';
import { parseInstant } from './instant.ts';
import type { AddCommand, Shell } from './command.ts';
import { writeCommand } from './write-command.ts';
import type { Order } from './write-command.ts';

type Whom = {
  readonly workspace: string;
  readonly id?: string;
  readonly cioId?: string;
  readonly email?: string;
  readonly at?: number;
  readonly eventId?: string;
};

const withWhom = (command: Command): Command =>
  command
    .requiredOption('--workspace <name>', 'workspace of the person')
    .option('--id <id>', "the person's id in your systems")
    .option('--cio-id <id>', "the person's id in Customer.io; it wins where both are known")
    .option('--email <address>', 'the address, for a person without any id')
    .option('--at <instant>', 'when it happened (default: now)', parseInstant)
    .option('--event-id <id>', 'an id of yours: the same again has no second effect');

async function write({ env, print }: Shell, whom: Whom, order: Order): Promise<void> {
  const { workspace, id = null, cioId = null, email = null, at, eventId } = whom;
  if (id === null && cioId === null && email === null) {
    throw new InvalidArgumentError('Whom? Give --id, --cio-id or --email.');
  }
  const to = { workspace, id, cioId, email };
  print(JSON.stringify(await writeCommand(env, to, order, at ?? Date.now(), eventId)));
}

/** `landed command`: what people decide about people, written as events. */
export const addOrder: AddCommand = (program, shell) => {
  const group = program
    .command('command')
    .description('write a decision about a person: reinstate, consent, activity');
  withWhom(group.command('reinstate'))
    .description('forgive what stands against a person; one delivered message then proves them')
    .action(async (whom: Whom) => write(shell, whom, { command: 'reinstate' }));
  withWhom(group.command('consent <on|off>'))
    .description('consent of a person, for all channels or for one')
    .addOption(new Option('--channel <name>', 'only this channel').choices(CHANNELS))
    .action(async (consent: string, options: Whom & { readonly channel?: string }) => {
      if (consent !== 'on' && consent !== 'off') {
        throw new InvalidArgumentError('Consent is on or off.');
      }
      const { channel } = options;
      const only = channel === undefined ? {} : { channel };
      await write(shell, options, { command: 'consent', consent, ...only });
    });
  withWhom(group.command('activity <name>'))
    .description(`a person was active: ${ACTIVITIES.join(', ')}`)
    .action(async (activity: string, whom: Whom) => {
      if (!ACTIVITIES.some((name) => name === activity)) {
        throw new InvalidArgumentError(`Activity is one of ${ACTIVITIES.join(', ')}.`);
      }
      await write(shell, whom, { command: 'activity', activity });
    });
};
