import { groupBy } from '@landed/schemas/group-by';
import type { Api } from '@landed/schemas/kafkajs-cluster';

/* Kafka's Produce request and its answer (Kafka protocol guide). Version 7: since Kafka 2.1. */

export const PRODUCE: Api = { name: 'Produce', key: 0, version: 7, since: '2.1' };

/** The encoded records of one partition. */
export type Portion = {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
};

export type ProduceAnswer = {
  readonly topic: string;
  readonly partition: number;
  /** 0: durable. */
  readonly errorCode: number;
};

const ALL_IN_SYNC = -1;
/** No transactional id, acks, timeout, number of topics. */
const FIXED_BYTES = 2 + 2 + 4 + 4;

/** @param timeoutMs how long the broker may wait for the replicas in sync */
export function encodeProduce(portions: readonly Portion[], timeoutMs: number): Buffer {
  const topics = groupBy(portions, ({ topic }) => topic);
  let total = FIXED_BYTES;
  for (const topic of topics.keys()) total += 2 + Buffer.byteLength(topic) + 4;
  for (const { bytes } of portions) total += 4 + 4 + bytes.length;
  const request = Buffer.allocUnsafe(total);
  let at = request.writeInt16BE(-1, 0);
  at = request.writeInt16BE(ALL_IN_SYNC, at);
  at = request.writeInt32BE(timeoutMs, at);
  at = request.writeInt32BE(topics.size, at);
  for (const [topic, ofTopic] of topics) {
    at = request.writeInt16BE(Buffer.byteLength(topic), at);
    at += request.write(topic, at);
    at = request.writeInt32BE(ofTopic.length, at);
    for (const { partition, bytes } of ofTopic) {
      at = request.writeInt32BE(partition, at);
      at = request.writeInt32BE(bytes.length, at);
      at += bytes.copy(request, at);
    }
  }
  return request;
}

/** Time of appending, offset of the first record, offset of the log's start. */
const PARTITION_REST_BYTES = 8 + 8 + 8;

/** @throws RangeError when the bytes end too early */
export function decodeProduceAnswer(payload: Buffer): readonly ProduceAnswer[] {
  let at = 4;
  const answers: ProduceAnswer[] = [];
  for (let topics = payload.readInt32BE(0); topics > 0; topics -= 1) {
    const nameEnd = at + 2 + payload.readInt16BE(at);
    const topic = payload.toString('utf8', at + 2, nameEnd);
    at = nameEnd + 4;
    for (let partitions = payload.readInt32BE(nameEnd); partitions > 0; partitions -= 1) {
      const partition = payload.readInt32BE(at);
      const errorCode = payload.readInt16BE(at + 4);
      answers.push({ topic, partition, errorCode });
      at += 6 + PARTITION_REST_BYTES;
    }
  }
  return answers;
}

/** How long the broker asks the client to wait, ms: the last four bytes of an answer. */
export const throttleMs = (payload: Buffer): number => payload.readInt32BE(payload.length - 4);
