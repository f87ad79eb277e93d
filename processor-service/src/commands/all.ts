import { addAudit } from './audit.ts';
import type { AddCommand } from './command.ts';
import { addMigrate } from './migrate.ts';
import { addRegister } from './register.ts';
import { addSetup } from './setup.ts';
import { addTopics } from './topics.ts';

/** Every command of `landed`, in the order of its help. */
export const commands: readonly AddCommand[] = [
  addAudit,
  addSetup,
  addTopics,
  addRegister,
  addMigrate,
];
