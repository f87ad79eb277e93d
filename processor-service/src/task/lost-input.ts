/** Raw records were removed by retention before they were processed. Nothing can bring them back. */
export class LostInputError extends Error {
  constructor(partition: number, nextOffset: bigint, earliest: bigint) {
    super(
      `partition ${partition}: raw records from offset ${nextOffset.toString()} on are wanted, ` +
        `the oldest kept is ${earliest.toString()}`,
    );
    this.name = 'LostInputError';
  }
}
