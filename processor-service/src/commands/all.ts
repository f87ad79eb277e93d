import { addAudit } from './audit.ts';
import { addClassify } from './classify.ts';
import type { AddCommand } from './command.ts';
import { addExplain } from './explain.ts';
import { addMigrate } from './migrate.ts';
import { addOrder } from './order.ts';
import { addRanges } from './ranges.ts';
import { addRegister } from './register.ts';
import { addScore } from './score.ts';
import { addSetup } from './setup.ts';
import { addTopics } from './topics.ts';

/** Every command of `landed`, in the order of its help. */
export const commands: readonly AddCommand[] = [
  addExplain,
  addOrder,
  addScore,
  addClassify,
  addAudit,
  addSetup,
  addTopics,
  addRegister,
  addMigrate,
  addRanges,
];
