/** Items with a due number, taken in the order of that number; equal ones as they came. */
export type DueQueue<T> = {
  readonly add: (due: number, item: T) => void;
  /** The first item that is due at `now`, taken out; undefined when none is. */
  readonly take: (now: number) => T | undefined;
  readonly size: () => number;
};

type Entry<T> = { readonly due: number; readonly order: number; readonly item: T };

/** A binary heap. */
export function createDueQueue<T>(): DueQueue<T> {
  const heap: Entry<T>[] = [];
  let order = 0;

  const isBefore = (one: Entry<T> | undefined, other: Entry<T> | undefined): boolean =>
    one !== undefined &&
    (other === undefined ||
      one.due < other.due ||
      (one.due === other.due && one.order < other.order));

  function swap(one: number, other: number): void {
    const held = heap[one];
    const moved = heap[other];
    if (held === undefined || moved === undefined) return;
    heap[one] = moved;
    heap[other] = held;
  }

  function rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[parent])) return;
      swap(at, parent);
      at = parent;
    }
  }

  function sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[child], heap[at])) return;
      swap(at, child);
      at = child;
    }
  }

  return {
    add: (due, item) => {
      heap.push({ due, order, item });
      order += 1;
      rise(heap.length - 1);
    },
    take: (now) => {
      const first = heap[0];
      if (first === undefined || first.due > now) return undefined;
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) {
        heap[0] = last;
        sink();
      }
      return first.item;
    },
    size: () => heap.length,
  };
}
