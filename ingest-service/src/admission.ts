export type AdmissionLimits = {
  /** Requests being handled at once. */
  readonly inflightRequestsMax: number;
  /** Bytes of bodies held at once. */
  readonly inflightBytesMax: number;
};

/** One request's place. */
export type Place = {
  /** Asks for room for bytes of the body; false when there is none. */
  readonly reserve: (bytes: number) => boolean;
  /** Gives back the place and its bytes. */
  readonly leave: () => void;
};

export type Admission = {
  readonly enter: () => Place | null;
  readonly requests: () => number;
  readonly bytes: () => number;
};

/** Bounds the requests and the body bytes held at once; beyond it a request is refused at once. */
export function createAdmission(limits: AdmissionLimits): Admission {
  let requests = 0;
  let bytes = 0;
  return {
    enter: () => {
      if (requests >= limits.inflightRequestsMax) return null;
      requests += 1;
      let held = 0;
      let isInside = true;
      return {
        reserve: (more) => {
          if (bytes + more > limits.inflightBytesMax) return false;
          held += more;
          bytes += more;
          return true;
        },
        leave: () => {
          if (!isInside) return;
          isInside = false;
          requests -= 1;
          bytes -= held;
        },
      };
    },
    requests: () => requests,
    bytes: () => bytes,
  };
}
