/**
 * Loaded into a server beforehand: at SIGUSR2 it collects garbage, and adds to the file that
 * IMAGO_MEMORY_FILE names how many bytes are in use and how many are resident. What a process has
 * resident also depends on when V8 would rather not collect.
 */
import { appendFileSync } from 'node:fs';

const file = process.env.IMAGO_MEMORY_FILE ?? '';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { external, heapUsed, rss } = process.memoryUsage();
  appendFileSync(file, `${heapUsed + external} ${rss}\n`);
});
