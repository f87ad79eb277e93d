import { expect, test } from 'vitest';
import { createCircuit } from '../src/circuit.ts';

const limits = { failuresMax: 3, probeIntervalMs: 1000 };
const calm = { isConnected: true, isSending: false };

test('stays closed below the number of failures, and after a success', () => {
  const circuit = createCircuit(limits, () => 0);
  circuit.failed(0);
  circuit.failed(0);
  expect(circuit.refuses(0, calm)).toBe(false);
  circuit.succeeded();
  circuit.failed(0);
  circuit.failed(0);
  expect(circuit.isOpen()).toBe(false);
});

test('opens, lets one probe through per interval, closes on its success', () => {
  const circuit = createCircuit(limits, () => 0);
  for (const at of [10, 20, 30]) circuit.failed(at);
  expect(circuit.refuses(31, calm)).toBe(true);
  expect(circuit.refuses(1029, calm)).toBe(true);
  expect(circuit.refuses(1030, calm)).toBe(false);
  expect(circuit.refuses(1030, { isConnected: true, isSending: true })).toBe(true);
  expect(circuit.refuses(1030, { isConnected: false, isSending: false })).toBe(true);
  circuit.failed(1030);
  expect(circuit.refuses(1031, calm)).toBe(true);
  circuit.succeeded();
  expect(circuit.refuses(1031, calm)).toBe(false);
});

test('spreads probes over half an interval', () => {
  const circuit = createCircuit(limits, () => 1);
  for (let count = 0; count < 3; count += 1) circuit.failed(0);
  expect(circuit.refuses(499, calm)).toBe(true);
  expect(circuit.refuses(500, calm)).toBe(false);
});

test('opens at once for what hung; a success closes it', () => {
  const circuit = createCircuit(limits, () => 0);
  circuit.hung(0);
  expect(circuit.refuses(999, calm)).toBe(true);
  expect(circuit.refuses(1000, calm)).toBe(false);
  circuit.succeeded();
  expect(circuit.isOpen()).toBe(false);
});
