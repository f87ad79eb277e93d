import type { DeviceOutcome } from '@landed/schemas/events.gen';
import type { Target } from '../event.ts';
import { classify } from '../failure/classify.ts';
import { cleanText, cleanWord, noteCut } from './clean.ts';
import type { Truncated } from './clean.ts';
import type { InterpretContext } from './context.ts';
import { asObject, asText } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { LIMITS } from '../bounds.ts';

/** The devices of a push event, as published and as folded. */
export type Devices = {
  readonly outcomes: readonly DeviceOutcome[];
  readonly targets: readonly Target[];
};

export const NO_DEVICES: Devices = { outcomes: [], targets: [] };

function readDevice(
  context: InterpretContext,
  truncated: Truncated,
  metric: string,
  device: JsonObject,
): { readonly outcome: DeviceOutcome; readonly target: Target } {
  const id = asText(device['device_id']);
  const text = asText(device['failure_message']);
  const platform = asText(device['device_platform']);
  // A device a bounce names has failed, also where the reason is missing.
  const hasFailed = text !== null || metric === 'bounced' || metric === 'dropped';
  const failure = hasFailed ? classify('push', metric, text ?? '') : null;
  const hash = id === null ? '' : context.hashAddress(id);
  return {
    outcome: {
      device_hash: hash,
      platform: platform === null ? null : cleanWord(context, platform),
      failure_class: failure?.class ?? null,
      failure_kind: failure?.kind ?? null,
      failure_reason:
        text === null
          ? null
          : cleanText(context, truncated, 'recipients.failure_message', text, LIMITS.text),
    },
    target: {
      to: hash,
      failure:
        failure === null ? null : { cls: failure.class, kind: failure.kind, rule: failure.rule },
    },
  };
}

/** Each device of `recipients`, in the order sent; the first of them where there are very many. */
export function readDevices(
  context: InterpretContext,
  truncated: Truncated,
  metric: string,
  payload: JsonObject,
): Devices {
  const recipients: unknown = payload['recipients'];
  if (!Array.isArray(recipients)) return NO_DEVICES;
  const outcomes: DeviceOutcome[] = [];
  const targets: Target[] = [];
  for (const entry of recipients as readonly unknown[]) {
    const device = asObject(entry);
    if (device === null) continue;
    if (outcomes.length >= LIMITS.devices) {
      noteCut(truncated, 'recipients');
      break;
    }
    const { outcome, target } = readDevice(context, truncated, metric, device);
    outcomes.push(outcome);
    targets.push(target);
  }
  return { outcomes, targets };
}
