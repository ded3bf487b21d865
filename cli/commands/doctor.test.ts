import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Finding } from '../../server/foundations/finding.ts';
import { serve } from '../../server/main.ts';
import { tryGuestPorts } from '../guest-ports.ts';
import { doctorCommand } from './doctor.ts';
import { commandContext, newHome } from './test-command.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
let home: string;

before(() => {
  home = mkdtempSync(path.join(tmpdir(), 'im-doc-'));
  chmodSync(home, 0o711);
});
after(() => rmSync(home, { recursive: true }));

function doctor(listen: string, folder = home) {
  const { status, stdout } = spawnSync(
    launcher,
    ['doctor', '--json', '--home', folder, '--listen', listen],
    { encoding: 'utf8' },
  );
  return { status, findings: JSON.parse(stdout) as Finding[] };
}

test('the doctor tells each thing, what to do about what is not good, and changes nothing', () => {
  const { status, findings } = doctor('127.0.0.1:0');
  assert.deepEqual(
    findings.map(({ name }) => name),
    [
      'QEMU',
      'KVM',
      'identities',
      'CPU credits',
      'TPM',
      'image tools',
      'ssh',
      'home',
      'disk space',
      'memory',
      'guest ports',
      'Imago',
    ],
  );
  for (const finding of findings) {
    assert.equal(finding.advice === undefined, finding.state === 'good', finding.name);
  }
  assert.equal(status, findings.some(({ state }) => state === 'problem') ? 1 : 0);
  assert.deepEqual(readdirSync(home), []);
});

test('a port in use is a problem', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const { status, findings } = doctor(`127.0.0.1:${port}`);
  server.close();
  assert.equal(status, 1);
  const finding = findings.find(({ name }) => name === 'Imago');
  assert.equal(finding?.state, 'problem');
  assert.match(finding?.detail ?? '', /EADDRINUSE/);
});

test('a home that the user of the guests cannot get to is a problem, with the folder to open', () => {
  const sealed = path.join(home, 'sealed');
  mkdirSync(sealed, { mode: 0o700 });
  const { findings } = doctor('127.0.0.1:0', path.join(sealed, 'in/home'));
  const finding = findings.find(({ name }) => name === 'home');
  // An ordinary user's guests are that user, who may.
  if (process.getuid?.() !== 0) return assert.equal(finding?.state, 'good');
  assert.equal(finding?.state, 'problem');
  assert.ok(finding?.advice?.endsWith(`chmod o+x ${sealed}`), finding?.advice);
});

test('a port that is taken on all addresses is told, one on a single address is not', async () => {
  const listen = async (host: string) => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return { server, port: (server.address() as net.AddressInfo).port };
  };
  const [all, one] = [await listen('0.0.0.0'), await listen('127.0.0.1')];
  const { taken } = await tryGuestPorts();
  all.server.close();
  one.server.close();
  assert.ok(taken.includes(all.port), `${taken}`);
  assert.ok(!taken.includes(one.port), `${taken}`);
});

test('of an Imago that runs it tells how far blocks were verified', async () => {
  const other = await newHome();
  const server = await serve({
    home: other,
    listen: { host: '127.0.0.1', port: 0 },
    hypervisor: 'simulated',
    regions: ['us-east-1'],
    zones: 1,
    memoryOvercommit: 1,
  });
  try {
    const { context, printed } = commandContext(other, true);
    await doctorCommand(context, { listen: '127.0.0.1:0' });
    const found = (JSON.parse(printed()) as Finding[]).find(({ name }) => name === 'blocks');
    assert.equal(found?.state, 'good');
    assert.match(found?.detail ?? '', /were verified in this round/);
  } finally {
    await server.close();
    rmSync(other.folder, { recursive: true });
  }
});
