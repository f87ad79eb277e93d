/** Ports of the embedded broker: clients and the controller quorum of one. */
export type KafkaPorts = { readonly kafka: number; readonly kafkaController: number };

const message4MiB = 4 * 1024 * 1024;

/**
 * Broker settings of the embedded stack, as a properties file.
 *
 * - offsets are kept for 60 days, twice the longest raw retention, so an idle group never
 *   silently starts over; transactional ids for 24 days, the largest value the broker takes.
 * - groups form at once and may use short sessions: one machine, known members.
 * - a broker that was killed is let back in after 2 s instead of 9 s (its controller keeps the
 *   dead registration until the session ends).
 * - a record batch may reach 4 MiB: one batch of state records exceeds the default of 1 MiB.
 */
export const kafkaProperties = (dataDir: string, ports: KafkaPorts): string => {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'auto.create.topics.enable': false,
    'message.max.bytes': message4MiB,
    'replica.fetch.max.bytes': message4MiB,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'offsets.retention.minutes': 86_400,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transactional.id.expiration.ms': 2_147_483_647,
    'share.coordinator.state.topic.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 33_554_432,
    'log.index.size.max.bytes': 1_048_576,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 4,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};
