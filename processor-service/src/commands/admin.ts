import type { Admin, Kafka } from 'kafkajs';
import { OperationError } from '@landed/schemas/fate';
import { within } from '../log/deadline.ts';

const CONNECT_MS = 20_000;

/**
 * Connects an admin client. The caller disconnects it.
 *
 * @throws OperationError, retriable, when Kafka does not answer
 */
export async function connectAdmin(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  try {
    await within(admin.connect(), CONNECT_MS, 'Kafka');
    return admin;
  } catch (cause) {
    await admin.disconnect().catch(() => undefined);
    if (cause instanceof OperationError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new OperationError(`Kafka: ${reason}`, { retriable: true, cause });
  }
}
