/** What the circuit must know of the sender. */
export type SenderState = { readonly isConnected: boolean; readonly isSending: boolean };

/**
 * Makes failures fast: after several in a row, records are refused at once but for those that ride
 * on a probe, one batch per interval.
 */
export type Circuit = {
  readonly refuses: (now: number, state: SenderState) => boolean;
  readonly isOpen: () => boolean;
  readonly succeeded: () => void;
  readonly failed: (now: number) => void;
  /** Opens at once: something hung for so long that to wait for it again helps nobody. */
  readonly hung: (now: number) => void;
};

export type CircuitLimits = {
  /** Failures in a row after which the circuit opens. */
  readonly failuresMax: number;
  readonly probeIntervalMs: number;
};

/** @param random 0 to 1; spreads the probes of many processes over half an interval */
export function createCircuit(limits: CircuitLimits, random: () => number = Math.random): Circuit {
  let failures = 0;
  let probeAt = 0;
  const isOpen = (): boolean => failures >= limits.failuresMax;
  const failed = (now: number): void => {
    failures += 1;
    probeAt = now + limits.probeIntervalMs * (1 - random() / 2);
  };
  return {
    refuses: (now, { isConnected, isSending }) =>
      isOpen() && (!isConnected || isSending || now < probeAt),
    isOpen,
    succeeded: () => {
      failures = 0;
    },
    failed,
    hung: (now) => {
      failures = limits.failuresMax;
      failed(now);
    },
  };
}
