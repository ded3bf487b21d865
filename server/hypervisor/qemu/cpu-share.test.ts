import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setCpuShare } from './cpu-share.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/**
 * Wants a whole processor, the same one as the others; in a session of its own, as machines are.
 */
function busy(): number {
  const [, cpu = '0'] =
    /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const args = ['-c', cpu, process.execPath, '-e', 'for (;;);'];
  const child = spawn('taskset', args, { detached: true, stdio: 'ignore' });
  started.push(child);
  return child.pid as number;
}

/** Clock ticks that it has had. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

const session = (pid: number) => readFileSync(`/proc/${pid}/autogroup`, 'utf8');

test('one that yields gets far less than one that does not, and it is nice in all its threads', async () => {
  const [yielding, full] = [busy(), busy()];
  assert.ok(await setCpuShare(yielding, 'yielding'));
  assert.ok(await setCpuShare(full, 'full'));
  const before = [ticks(yielding), ticks(full)];
  // However busy the host is: until there is enough to compare.
  while (ticks(full) - (before[1] ?? 0) < 50) await sleep(50);
  const [ofYielding = 0, ofFull = 0] = [yielding, full].map(
    (pid, i) => ticks(pid) - (before[i] ?? 0),
  );
  assert.ok(ofYielding * 2 < ofFull, `${ofYielding} and ${ofFull} ticks`);
  assert.equal(os.getPriority(yielding), os.getPriority() + 5);
  if (existsSync('/proc/self/autogroup')) assert.match(session(yielding), /nice 5$/m);
});

test('what was taken is given back, as far as the user may', async () => {
  const pid = busy();
  await setCpuShare(pid, 'yielding');
  const all = await setCpuShare(pid, 'full');
  assert.equal(all, os.getPriority(pid) === os.getPriority());
  if (process.getuid?.() === 0) assert.ok(all, 'root may');
  if (existsSync('/proc/self/autogroup')) assert.match(session(pid), /nice 0$/m);
});

test('a process that has ended has its share', async () => {
  const pid = busy();
  const [child] = started;
  const ended = new Promise((resolve) => child?.once('exit', resolve));
  child?.kill('SIGKILL');
  await ended;
  assert.equal(await setCpuShare(pid, 'yielding'), true);
});
