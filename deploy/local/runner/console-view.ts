import type { OnStep } from '../stack/step.ts';
import type { KeptState } from './keep-alive.ts';
import type { Screen } from './screen.ts';
import {
  processText,
  renderTable,
  seconds,
  vitalLines,
  type Scene,
  type ShownStep,
} from './table.ts';
import type { Vitals } from './vitals.ts';

/** Shows a run from its first step on: as a live table, or as plain lines where nobody watches. */
export interface ConsoleView {
  readonly onStep: OnStep;
  /** The system runs: these addresses stay in view. */
  showAddresses: (addresses: Scene['addresses']) => void;
  showVitals: (vitals: Vitals) => void;
  showProcesses: (processes: Scene['processes']) => void;
  showFirstRow: (ms: number) => void;
  /** The run ends: says so in place of how to end it. */
  showStopping: () => void;
  /** A line that stays. */
  note: (text: string) => void;
  draw: () => void;
}

const plainEveryMs = 5000;

const plainVitals = (vitals: Vitals): string =>
  vitalLines(vitals)
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .join(' | ');

export const createConsoleView = (screen: Screen, now: () => number): ConsoleView => {
  const steps = new Map<string, ShownStep>();
  const beganAt = now();
  const scene = {
    addresses: [] as Scene['addresses'],
    vitals: undefined as Vitals | undefined,
    firstRowMs: undefined as number | undefined,
    processes: [] as Scene['processes'],
    notes: ['Ctrl-C stops; the data stays.'],
  };
  const told = new Map<string, KeptState['kind']>();
  let plainAt = -Infinity;

  const draw = (): void => {
    const upMs = now() - beganAt;
    const table = { ...scene, upMs, steps: [...steps.values()] };
    screen.draw(renderTable(table, screen.columns()));
  };

  const note = (text: string): void => {
    screen.print(text);
    draw();
  };

  return {
    draw,
    note,
    onStep: (step) => {
      steps.set(step.name, step);
      if (screen.isLive) draw();
      else if (step.state === 'done') screen.print(`${step.name}: ${seconds(step.ms)}`);
      else if (step.state === 'failed') screen.print(`${step.name}: failed`);
    },
    showAddresses: (addresses) => {
      scene.addresses = addresses;
      if (screen.isLive) draw();
      else for (const [name, text] of addresses) screen.print(`${name}: ${text}`);
    },
    showVitals: (vitals) => {
      scene.vitals = vitals;
      if (screen.isLive) draw();
      else if (now() - plainAt >= plainEveryMs) {
        plainAt = now();
        screen.print(plainVitals(vitals));
      }
    },
    showProcesses: (processes) => {
      scene.processes = processes;
      if (screen.isLive) return;
      for (const { name, state } of processes) {
        const before = told.get(name) ?? 'up';
        told.set(name, state.kind);
        if (before === state.kind) continue;
        screen.print(state.kind === 'up' ? `${name} is back` : processText(name, state));
      }
    },
    showStopping: () => {
      scene.notes = ['Stopping: services first, then their servers.'];
      if (screen.isLive) draw();
      else screen.print('stopping');
    },
    showFirstRow: (ms) => {
      scene.firstRowMs = ms;
      if (!screen.isLive) screen.print(`first row after ${seconds(ms)}`);
    },
  };
};
