/**
 * Error codes of ClickHouse that speak of the rows, not of the server (src/Common/ErrorCodes.cpp).
 * Everything else is an outage: the same bytes are tried again.
 */
const ROW_CODES = new Set([
  '6', // CANNOT_PARSE_TEXT
  '25', // CANNOT_PARSE_ESCAPE_SEQUENCE
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '130', // CANNOT_READ_ARRAY_FROM_TEXT
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '467', // CANNOT_PARSE_BOOL
  '469', // VIOLATED_CONSTRAINT
]);

/** ClickHouse read the rows and will never take them as they are. */
export class RowRefusedError extends Error {
  /** Index of the row it named, from 0; null when it named none. */
  readonly rowIndex: number | null;
  /** The error's name and the column, without any value. */
  readonly reason: string;

  constructor(rowIndex: number | null, reason: string) {
    super(`a row was refused: ${reason}`);
    this.name = 'RowRefusedError';
    this.rowIndex = rowIndex;
    this.reason = reason;
  }
}

/**
 * Reads ClickHouse's answer to an insert. The message quotes values, so only its error name, the row
 * number and a column name are taken from it.
 *
 * @param columns names of the columns that were inserted
 * @returns null when the rows are not to blame
 */
export function readRefusal(
  fault: { readonly code: string; readonly type?: string | undefined; readonly message: string },
  columns: readonly string[],
): RowRefusedError | null {
  if (!ROW_CODES.has(fault.code)) return null;
  const row = /\(at row (\d+)\)|violated at row (\d+)/.exec(fault.message);
  const number = Number(row?.[1] ?? row?.[2] ?? 0);
  const key = /reading the value of key (\w+)|name: (\w+),[^\n]*ERROR/.exec(fault.message);
  const column = columns.find((name) => name === (key?.[1] ?? key?.[2]));
  const name = fault.type ?? `error ${fault.code}`;
  return new RowRefusedError(
    number > 0 ? number - 1 : null,
    column === undefined ? name : `${name} in ${column}`,
  );
}
