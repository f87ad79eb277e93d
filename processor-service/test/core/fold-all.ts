import type { CoreEvent } from '../../src/core/event.ts';
import { fold } from '../../src/core/fold.ts';
import { emptyPerson } from '../../src/core/person.ts';
import type { PersonState } from '../../src/core/person.ts';

export function foldAll(events: Iterable<CoreEvent>, person = emptyPerson()): PersonState {
  let state = person;
  for (const event of events) state = fold(state, event).person;
  return state;
}
