/** The entries that package-lock.json lacks, by their key in `packages`. */
export const missingEntries: (lock: {
  readonly packages: Readonly<Record<string, object>>;
}) => Record<string, object>;
