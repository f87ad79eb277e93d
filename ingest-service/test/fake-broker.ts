import type { OwnCluster } from '@landed/schemas/kafkajs-cluster';
import { decodeRecordBatches } from '@landed/processor-service/log/record-batch';
import type { Cluster } from 'kafkajs';

/** What happens to one request on its way to the brokers. */
export type Fault =
  | 'none'
  /** The request never arrives, the connection ends. */
  | 'lost-request'
  /** Written, the answer never arrives, the connection ends. */
  | 'lost-answer'
  /** The broker leads none of it any more. */
  | 'moved'
  /** Some of its partitions are refused for a while. */
  | 'partly';

type Log = {
  readonly values: string[];
  next: number;
  last: { first: number; count: number } | null;
};

/**
 * Brokers of a few lines behind kafkajs's cluster: they keep what they are given and refuse sequence
 * numbers as Kafka does (ProducerStateEntry: the last batch again is a repetition, whatever is in it;
 * any other number but the next is out of order).
 */
export function createFakeBrokers(nextFault: () => Fault, partitions: number) {
  const logs = new Map<string, Log>();
  const leaders = Array.from({ length: partitions }, (_, partition) => partition % 2);
  let requests = 0;

  const logOf = (name: string): Log => {
    const held = logs.get(name) ?? { values: [], next: 0, last: null };
    logs.set(name, held);
    return held;
  };

  /** @returns Kafka's error code */
  const append = (name: string, bytes: Buffer): number => {
    const first = bytes.readInt32BE(53);
    const { records } = decodeRecordBatches(bytes, 0n);
    const log = logOf(name);
    if (log.last?.first === first && log.last.count === records.length) return 46;
    if (first !== log.next) return 45;
    log.values.push(...records.map(({ value }) => String(value)));
    log.last = { first, count: records.length };
    log.next = (first + records.length) % 0x8000_0000;
    return 0;
  };

  /** One Produce request, read as the protocol guide has it. */
  const produce = (request: Buffer, broker: number, fault: Fault): Buffer => {
    const answers: Buffer[] = [];
    let at = 12;
    const topics = request.readInt32BE(8);
    for (let topic = 0; topic < topics; topic += 1) {
      const nameEnd = at + 2 + request.readInt16BE(at);
      const name = request.toString('utf8', at + 2, nameEnd);
      const count = request.readInt32BE(nameEnd);
      answers.push(request.subarray(at, nameEnd + 4));
      at = nameEnd + 4;
      for (let index = 0; index < count; index += 1) {
        const partition = request.readInt32BE(at);
        const end = at + 8 + request.readInt32BE(at + 4);
        const isLeader = leaders[partition] === broker;
        const isRefused = fault === 'partly' && index % 2 === 0;
        const code = !isLeader
          ? 6
          : isRefused
            ? 19
            : append(`${name}/${partition}`, request.subarray(at + 8, end));
        const answer = Buffer.alloc(30);
        answer.writeInt32BE(partition, 0);
        answer.writeInt16BE(code, 4);
        answers.push(answer);
        at = end;
      }
    }
    const head = Buffer.alloc(4);
    head.writeInt32BE(topics, 0);
    return Buffer.concat([head, ...answers, Buffer.alloc(4)]);
  };

  const closed = () =>
    Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' });

  type Exchange = {
    readonly request: { readonly encode: () => Promise<{ readonly buffer: Buffer }> };
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<unknown>;
      readonly parse: (decoded: unknown) => Promise<unknown>;
    };
  };
  const brokerOf = (broker: number) => ({
    versions: { 0: { maxVersion: 9 } },
    initProducerId: () => Promise.resolve({ producerId: '7', producerEpoch: 0 }),
    connectionPool: {
      send: async ({ request, response }: Exchange) => {
        requests += 1;
        const { buffer } = await request.encode();
        const fault = nextFault();
        if (fault === 'lost-request') throw closed();
        if (fault === 'moved')
          leaders.forEach((_, index) => (leaders[index] = 1 - (leaders[index] ?? 0)));
        const payload = produce(buffer, broker, fault);
        if (fault === 'lost-answer') throw closed();
        return response.parse(await response.decode(payload));
      },
    },
  });

  let known = [...leaders];
  const cluster = {
    connect: () => Promise.resolve(),
    isConnected: () => true,
    refreshMetadata: () => Promise.resolve(void (known = [...leaders])),
    refreshMetadataIfNecessary: () => Promise.resolve(),
    addMultipleTargetTopics: () => Promise.resolve(),
    removeBroker: () => undefined,
    findControllerBroker: () => Promise.resolve(brokerOf(0)),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokerOf(Number(nodeId))),
    findTopicPartitionMetadata: () => known.map((leader, partitionId) => ({ partitionId, leader })),
  };
  const own: OwnCluster = {
    cluster: cluster as unknown as Cluster,
    disconnect: () => Promise.resolve(),
  };
  return {
    own,
    /** Values of a partition, in order. */
    valuesOf: (name: string): readonly string[] => logOf(name).values,
    requests: () => requests,
  };
}
