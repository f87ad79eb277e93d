import type { Source } from '../routes.ts';
import { customerio } from './customerio.ts';

/** Every source of webhooks. */
export const sources: readonly Source[] = [customerio];
