import { startStack, type Stack } from '../stack/stack.ts';
import type { ProgramName } from '../stack/program.ts';
import { timedStep, type OnStep, type Step } from '../stack/step.ts';
import type { StackPorts } from '../stack/stack-ports.ts';
import { prepareSchemas, prepareTables, prepareTopics } from './prepare.ts';

export type BringUpOptions = {
  readonly stackDir: string;
  readonly logDir: string;
  readonly artifactsDir: string;
  readonly ports: StackPorts;
  /** What runs here; the rest is the user's own. */
  readonly only: readonly ProgramName[];
  readonly environment: Readonly<Record<string, string>>;
  readonly onStep: OnStep;
};

const preparations: readonly {
  readonly needs: ProgramName;
  readonly step: string;
  readonly run: (env: Readonly<Record<string, string>>) => Promise<void>;
}[] = [
  { needs: 'kafka', step: 'topics', run: prepareTopics },
  { needs: 'registry', step: 'schemas', run: prepareSchemas },
  { needs: 'clickhouse', step: 'tables', run: prepareTables },
];

type Gate = { readonly isOpen: Promise<boolean>; readonly settle: (isOpen: boolean) => void };

const createGate = (): Gate => {
  let settle: (isOpen: boolean) => void = () => undefined;
  const isOpen = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  return { isOpen, settle };
};

/** One gate per program that starts here, settled when that program serves or has failed. */
const createReadiness = (only: readonly ProgramName[]) => {
  const gates = new Map<string, Gate>(only.map((name) => [name, createGate()]));
  return {
    of: (name: ProgramName): Promise<boolean> => gates.get(name)?.isOpen ?? Promise.resolve(true),
    onStep: ({ name, state }: Step): void => {
      if (state !== 'started') gates.get(name)?.settle(state === 'done');
    },
    giveUp: (): void => gates.forEach(({ settle }) => settle(false)),
  };
};

/**
 * Starts the stack and prepares each part of it as soon as that part serves: topics, schemas and
 * tables do not wait for each other.
 */
export const bringUp = async (options: BringUpOptions): Promise<Stack> => {
  const { stackDir, environment, onStep, only, ...rest } = options;
  const ready = createReadiness(only);
  const starting = startStack({
    ...rest,
    dir: stackDir,
    only,
    onStep: (step) => {
      onStep(step);
      ready.onStep(step);
    },
  });
  starting.catch(() => ready.giveUp());
  const preparing = preparations.map(async ({ needs, step, run }) => {
    if (await ready.of(needs)) await timedStep(step, onStep, () => run(environment));
  });
  const outcomes = await Promise.allSettled(preparing);
  const stack = await starting;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return stack;
  await stack.stop();
  throw failed.reason;
};
