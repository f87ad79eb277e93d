#!/usr/bin/env node
import { runLanded } from './program.ts';

/** kafkajs reschedules its request queue with a time in the past (tulios/kafkajs#1704): harmless. */
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name === 'TimeoutNegativeWarning') return;
  process.stderr.write(`${warning.name}: ${warning.message}\n`);
});

process.exitCode = await runLanded(process.argv.slice(2), {
  env: process.env,
  print: (text) => process.stdout.write(text),
  printError: (text) => process.stderr.write(text),
});
