/** Where the runner shows how it does: a table that redraws itself, or plain lines. */
export interface Screen {
  /** Shows the table in place of the one before; on a plain screen nothing happens. */
  draw: (lines: readonly string[]) => void;
  /** Writes lines that stay. */
  print: (text: string) => void;
  readonly isLive: boolean;
  readonly columns: () => number;
}

export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;

const plainColumns = 200;
const eraseBelow = '\u001b[J';
const up = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A\r`);

export const createScreen = (output: Output): Screen => {
  const isLive = output.isTTY;
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) output.write(up(drawn) + eraseBelow);
    drawn = 0;
  };
  return {
    isLive,
    columns: () => (isLive ? output.columns : plainColumns),
    draw: (lines) => {
      if (!isLive) return;
      erase();
      output.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    print: (text) => {
      erase();
      output.write(`${text}\n`);
    },
  };
};
