#!/usr/bin/env node
import { join } from 'node:path';
import { withEmbeddedSettings } from './embedded-settings.ts';
import { runLanded } from './program.ts';

/** kafkajs reschedules its request queue with a time in the past (tulios/kafkajs#1704): harmless. */
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name === 'TimeoutNegativeWarning') return;
  process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

const folder = process.env['LANDED_DIR'] ?? join(import.meta.dirname, '../../../.landed');

process.exitCode = await runLanded(process.argv.slice(2), {
  env: withEmbeddedSettings(process.env, join(folder, 'environment')),
  input: () => process.stdin,
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
});
