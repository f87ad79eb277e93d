import type { KeptState } from './keep-alive.ts';
import type { Vitals } from './vitals.ts';

/** One step of the start, as shown. */
export type ShownStep = { readonly name: string; readonly state: string; readonly ms: number };

/** Everything the live table shows. */
export type Scene = {
  readonly upMs: number;
  readonly steps: readonly ShownStep[];
  /** Undefined until the system runs. */
  readonly vitals: Vitals | undefined;
  readonly firstRowMs: number | undefined;
  readonly processes: readonly { readonly name: string; readonly state: KeptState }[];
  readonly addresses: readonly (readonly [string, string])[];
  readonly notes: readonly string[];
};

const whole = new Intl.NumberFormat('en-US');
const tenths = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const seconds = (ms: number): string => `${tenths.format(ms / 1000)} s`;

const duration = (ms: number): string => {
  const total = Math.floor(ms / 1000);
  const minutes = String(Math.floor((total % 3600) / 60)).padStart(2, '0');
  return `${Math.floor(total / 3600)}:${minutes}:${String(total % 60).padStart(2, '0')}`;
};

const stepText = ({ name, state, ms }: ShownStep): string => {
  if (state === 'started') return `${name} …`;
  return state === 'done' ? `${name} ${seconds(ms)}` : `${name} FAILED`;
};

const row = (name: string, text: string): string => `  ${name.padEnd(11)}${text}`;

const bandsText = (bands: Vitals['bands']): string =>
  bands.length === 0
    ? 'nobody yet'
    : bands.map(({ band, people }) => `${band} ${whole.format(people)}`).join('   ');

const lagText = (lag: number | undefined): string => (lag === undefined ? '?' : whole.format(lag));

/** The lines that tell how the system does. */
export const vitalLines = (vitals: Vitals): string[] => {
  const { acknowledged, inRate, rows, outRate, rawLag, warehouseLag, bands, lastChange } = vitals;
  return [
    row('in', `${tenths.format(inRate)} events/s   ${whole.format(acknowledged)} acknowledged`),
    row(
      'out',
      `${tenths.format(outRate)} rows/s   ${whole.format(rows)} rows   lag ${lagText(rawLag)} scores, ${lagText(warehouseLag)} rows`,
    ),
    row('bands', bandsText(bands)),
    row('last', lastChange ?? 'no score change yet'),
  ];
};

/** What is not as it should be with a process; empty when it is up. */
export const processText = (name: string, state: KeptState): string => {
  if (state.kind === 'up') return '';
  const ordinal = state.deaths === 1 ? 'once' : `${state.deaths} times`;
  return state.kind === 'starting'
    ? `${name} died (${ordinal}), starting again`
    : `${name} died (${ordinal}), starting again in ${seconds(state.retryInMs)}`;
};

/** Texts side by side, on as many rows as they need. */
const rowsOf = (name: string, texts: readonly string[], columns: number): string[] => {
  const rows: string[] = [];
  let current = '';
  for (const text of texts) {
    const longer = current === '' ? text : `${current}   ${text}`;
    if (current !== '' && row('', longer).length > columns) {
      rows.push(current);
      current = text;
    } else current = longer;
  }
  return [...rows, current].map((text, index) => row(index === 0 ? name : '', text));
};

const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;

/** The live table, one string a line, each at most `columns` wide. */
export const renderTable = (scene: Scene, columns: number): string[] => {
  const { upMs, steps, vitals, firstRowMs, processes, addresses, notes } = scene;
  const first = firstRowMs === undefined ? '' : `   first row after ${seconds(firstRowMs)}`;
  const troubles = processes
    .map(({ name, state }) => processText(name, state))
    .filter((text) => text !== '');
  const lines = [
    `Landed   up ${duration(upMs)}${first}`,
    ...rowsOf('start', steps.map(stepText), columns),
    ...(vitals === undefined ? [] : ['', ...vitalLines(vitals)]),
    ...troubles.map((text) => row('!', text)),
    ...(addresses.length === 0 ? [] : ['', ...addresses.map(([name, text]) => row(name, text))]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `  ${note}`)]),
  ];
  return lines.map((line) => cut(line, columns));
};
