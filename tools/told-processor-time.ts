/**
 * Loaded into the process of each test file by test-run.ts: when it ends it notes how long processors
 * worked for it, for what it has started and awaited too. Guests are not in it: nobody awaits them.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.IMAGO_TEST_TIMES;
const [, test] = process.argv;
/** Of proc(5), in hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

if (file !== undefined && test !== undefined && isMainThread) {
  process.once('exit', () => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1_000_000 + awaited();
    appendFileSync(file, `${JSON.stringify({ file: test, seconds })}\n`);
  });
}

function awaited(): number {
  // After the name of the program, which may have spaces: state, and from there cutime and cstime.
  const words = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(words[13]) + Number(words[14])) / ticksPerSecond;
}
