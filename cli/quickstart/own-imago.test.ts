/**
 * Removing what a quickstart kept, as the command that its end names, with bystanders that name the
 * folder too.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Home } from '../../server/foundations/home.ts';
import { recordOf } from '../../server/foundations/process-record.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
const children: ChildProcess[] = [];
let home: Home;

beforeEach(() => {
  home = new Home(mkdtempSync('/var/tmp/imago-quickstart-'));
  chmodSync(home.folder, 0o711);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(home.folder, { recursive: true, force: true });
});

function start(command: string, args: string[]): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  assert.ok(child.pid);
  return child as ChildProcess & { pid: number };
}

/** A process whose command line has these words, as a machine's has. */
const sleeper = (...words: string[]) =>
  start(process.execPath, ['-e', 'setInterval(() => {}, 60_000)', '--', ...words]);

async function serve(): Promise<ChildProcess> {
  const options = ['--home', home.folder, '--listen', '127.0.0.1:0', '--hypervisor', 'simulated'];
  const server = start(launcher, ['serve', ...options]);
  await new Promise((resolve) => server.stdout?.once('data', resolve));
  return server;
}

/** As a person might type it: the folder is in the command line of `timeout`, too. */
function remove(folder = home.folder) {
  const words = ['60', launcher, 'quickstart', '--remove', folder];
  return spawnSync('timeout', words, { encoding: 'utf8' });
}

const runs = ({ pid }: { pid: number }) => recordOf(pid) !== undefined;

test('it ends what is on record and takes the folder, and leaves who only names the folder', async () => {
  await serve();
  const bystander = sleeper(`${home.folder}/x`, home.folder);
  const dataPlane = sleeper();
  writeFileSync(
    path.join(home.runFolder, 'data-plane.pid'),
    JSON.stringify(recordOf(dataPlane.pid)),
  );
  const machine = sleeper('guest=i-1');
  mkdirSync(home.machineFolder('i-1'));
  writeFileSync(
    path.join(home.machineFolder('i-1'), 'machine.json'),
    JSON.stringify(recordOf(machine.pid)),
  );
  const imago = recordOf(children[0]?.pid ?? 0);
  const { status, stderr } = remove();
  assert.equal(status, 0, stderr);
  assert.equal(existsSync(home.folder), false);
  assert.equal(runs(bystander), true);
  assert.deepEqual([runs(dataPlane), runs(machine)], [false, false]);
  assert.equal(runs({ pid: imago?.pid ?? 0 }), false);
});

test('a record of another start, boot or machine is nobody to end', () => {
  const other = sleeper('guest=i-2');
  const record = recordOf(other.pid);
  assert.ok(record);
  mkdirSync(home.runFolder);
  mkdirSync(home.machineFolder('i-1'), { recursive: true });
  const later = { ...record, startTicks: `${Number(record.startTicks) + 1}` };
  writeFileSync(path.join(home.runFolder, 'imago.pid'), JSON.stringify(later));
  const before = { ...record, bootId: 'another' };
  writeFileSync(path.join(home.runFolder, 'data-plane.pid'), JSON.stringify(before));
  writeFileSync(path.join(home.machineFolder('i-1'), 'machine.json'), JSON.stringify(record));
  const { status, stderr } = remove();
  assert.equal(status, 0, stderr);
  assert.equal(existsSync(home.folder), false);
  assert.equal(runs(other), true);
});

test('a folder that no quickstart made is refused', () => {
  const { status, stderr } = remove(home.instancesFolder);
  assert.equal(status, 1);
  assert.match(stderr, /was not made by the quickstart/);
  assert.equal(existsSync(home.folder), true);
});
