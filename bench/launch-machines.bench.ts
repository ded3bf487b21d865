/**
 * What the hypervisor adds to a start of QEMU: `start` against the same program with the same
 * arguments spawned by hand until its monitor answers, one after the other and twenty at once,
 * alternating in one run. Prints ratios. The guests are boot sectors that sleep: this measures
 * starting, not booting.
 */
import { lchown } from 'node:fs/promises';
import path from 'node:path';
import { createLayer } from '../server/disk/qcow2-create.ts';
import { silentLog } from '../server/foundations/log.ts';
import { unprivilegedIdentity } from '../server/foundations/unprivileged.ts';
import type { Hypervisor, MachineSpec } from '../server/hypervisor/hypervisor.ts';
import { commandLine } from '../server/hypervisor/qemu/command-line.ts';
import { createQemuHypervisor } from '../server/hypervisor/qemu/qemu-hypervisor.ts';
import { guests, pinned, TestHome } from '../server/hypervisor/test-machines.ts';
import { startQemu } from './bare-machine.ts';
import { median } from './figures.ts';

const rounds = 10;
const atOnce = 20;
const binary = 'qemu-system-x86_64';
const identity = unprivilegedIdentity();

/** A QEMU that the hypervisor has nothing to do with; resolves with how to end it. */
async function startBare(spec: MachineSpec): Promise<() => Promise<void>> {
  const { end } = await startQemu([binary, ...commandLine(spec)], spec.folder, identity);
  return end;
}

async function startOurs(hypervisor: Hypervisor, spec: MachineSpec): Promise<() => Promise<void>> {
  await hypervisor.start(spec);
  return () => hypervisor.destroy(spec.instanceId);
}

/** Starts all, measures until the last answers, ends all. */
async function timeStarts(
  specs: MachineSpec[],
  start: (spec: MachineSpec) => Promise<() => Promise<void>>,
): Promise<number> {
  const startedMs = performance.now();
  const ends = await Promise.all(specs.map(start));
  const elapsedMs = performance.now() - startedMs;
  await Promise.all(ends.map((end) => end()));
  return elapsedMs;
}

await using home = await TestHome.create();
const hypervisor = await createQemuHypervisor({
  log: silentLog,
  createLayer,
  firmwareFolder: path.join(home.folder, 'firmware'),
  identity,
  binary,
});
const specs: MachineSpec[] = [];
for (let number = 0; number < atOnce; number++) {
  const id = `i-${number.toString(16).padStart(17, '0')}`;
  const spec = pinned(await home.machine(id, guests.polite), hypervisor);
  if (identity) {
    const owned = spec.disks.flatMap(({ layers }) => layers.map((l) => l.path));
    await Promise.all(owned.map((file) => lchown(file, identity.uid, identity.gid)));
  }
  specs.push(spec);
}

for (const [name, count, times] of [
  ['one machine', 1, rounds],
  [`${atOnce} machines at once`, atOnce, 3],
] as const) {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < times; round++) {
    bare.push(await timeStarts(specs.slice(0, count), startBare));
    ours.push(await timeStarts(specs.slice(0, count), (spec) => startOurs(hypervisor, spec)));
  }
  const [bareMs, oursMs] = [median(bare), median(ours)];
  console.log(
    `${name}: bare ${bareMs.toFixed(0)} ms, hypervisor.start ${oursMs.toFixed(0)} ms, ` +
      `ratio ${(oursMs / bareMs).toFixed(2)}, difference ${(oursMs - bareMs).toFixed(0)} ms`,
  );
}
await hypervisor.close();
