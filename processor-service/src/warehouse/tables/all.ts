import type { TableName } from '../column.ts';
import { deadLetters } from './dead-letters.ts';
import { messageOutcomes } from './message-outcomes.ts';
import { profiles } from './profiles.ts';
import { scoreChanges } from './score-changes.ts';

/** Columns of every table that is written from a topic, in the order of the rows. */
export const tableColumns: Readonly<Record<TableName, readonly string[]>> = {
  message_outcomes_log: messageOutcomes.columns.map((column) => column.name),
  score_changes_log: scoreChanges.columns.map((column) => column.name),
  profiles_log: profiles.columns.map((column) => column.name),
  dead_letters_log: deadLetters.columns.map((column) => column.name),
};
