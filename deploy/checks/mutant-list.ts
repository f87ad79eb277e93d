import type { Mutant } from './mutant.ts';
import { STATE_MUTANTS } from './mutants-of-state.ts';
import { VIEW_MUTANTS } from './mutants-of-view.ts';

/** The wrong versions that some test of the core must catch, each by itself. */
export const MUTANTS: readonly Mutant[] = [...STATE_MUTANTS, ...VIEW_MUTANTS];
