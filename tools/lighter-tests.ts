/**
 * Loaded into the process of each test file by test-run.ts, before node:test is: that follows every
 * promise to the test that made it until it is collected, which is much of the work of tests that
 * wait for many. Here it follows timers, sockets and the like alone. A rejection that nobody awaits
 * still fails the file, though no test of it; a test that would wait for what was rejected does not
 * wait for ever, and nor does one that hangs, where test.ts says how long a file may take: its
 * runner would.
 */
import asyncHooks from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';

const { createHook } = asyncHooks;
asyncHooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false });

/** For the rest of the file. */
const graceMs = 10 * 60_000;

if (isMainThread) {
  process.on('unhandledRejection', (reason) => {
    console.error('nobody awaits what was rejected:', reason);
    setTimeout(() => process.exit(1), graceMs).unref();
  });
}

const fileMaxMs = Number(process.env.IMAGO_TEST_FILE_MAX_MS);
if (isMainThread && fileMaxMs > 0) {
  const end = () => {
    console.error(`this file did not end in ${fileMaxMs / 1000} s`);
    process.exit(1);
  };
  setTimeout(end, fileMaxMs).unref();
}
