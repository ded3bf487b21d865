/**
 * Waits, and thaws a guest whose freeze is on record still: whoever began it has been killed. The
 * main file of the process that freeze-guard.ts starts, as
 *
 *   thaw-late FOLDER AGENT-SOCKET STARTED-AT MILLISECONDS
 *
 * It writes nothing: what comes of the pivot is for Imago's next start to find out.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestAgent } from './guest-agent.ts';
import { readPivotRecord } from './pivot-record.ts';

/** An agent of a busy guest may be late, and Imago may be hung and be killed only then. */
const tryForMs = 5 * 60_000;
const pauseMs = 500;
const answerLimitMs = 10_000;

const [folder = '', socket = '', startedAt, waitMs] = process.argv.slice(2);

/** A later pivot has its own guard. */
function isFrozen(): boolean {
  const record = readPivotRecord(folder);
  return record?.state === 'freezing' && record.startedAt === Number(startedAt);
}

async function thaw(): Promise<boolean> {
  try {
    using agent = await GuestAgent.open(socket);
    await agent.thaw(answerLimitMs);
    return true;
  } catch {
    return false;
  }
}

await sleep(Number(waitMs));
const endMs = performance.now() + tryForMs;
while (isFrozen() && performance.now() < endMs && !(await thaw())) await sleep(pauseMs);
