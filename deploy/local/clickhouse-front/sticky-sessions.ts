import type { Session } from 'chdb';
import { StatementError } from './statement.ts';

/** Sessions that clients keep by `session_id`: temporary tables and SET live as long as they do. */
export interface StickySessions {
  /** Lends the session to one request at a time. @throws StatementError when it is lent already */
  use: <T>(id: string, idleMs: number, task: (session: Session) => Promise<T>) => Promise<T>;
  closeAll: () => void;
}

type Entry = { readonly session: Session; isLent: boolean; timer: NodeJS.Timeout | undefined };

export const createStickySessions = (open: () => Session, sessionsMax = 200): StickySessions => {
  const entries = new Map<string, Entry>();

  const entryOf = (id: string): Entry => {
    const found = entries.get(id);
    if (found !== undefined) return found;
    if (entries.size >= sessionsMax) {
      throw new StatementError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many sessions');
    }
    const entry: Entry = { session: open(), isLent: false, timer: undefined };
    entries.set(id, entry);
    return entry;
  };

  return {
    use: async (id, idleMs, task) => {
      const entry = entryOf(id);
      if (entry.isLent) {
        throw new StatementError(373, 'SESSION_IS_LOCKED', `Session ${id.slice(0, 64)} is locked`);
      }
      clearTimeout(entry.timer);
      entry.isLent = true;
      try {
        return await task(entry.session);
      } finally {
        entry.isLent = false;
        entry.timer = setTimeout(() => {
          entries.delete(id);
          entry.session.close();
        }, idleMs).unref();
      }
    },
    closeAll: () => {
      for (const { session, timer } of entries.values()) {
        clearTimeout(timer);
        session.close();
      }
      entries.clear();
    },
  };
};
