import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Finding } from './doctor.ts';

const launcher = path.resolve(import.meta.dirname, '../../bin/imago');
let home: string;

before(() => {
  home = mkdtempSync(path.join(tmpdir(), 'im-doc-'));
});
after(() => rmSync(home, { recursive: true }));

function doctor(listen: string) {
  const { status, stdout } = spawnSync(
    launcher,
    ['doctor', '--json', '--home', home, '--listen', listen],
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
      'image tools',
      'ssh',
      'home',
      'disk space',
      'memory',
      'ports below 1024',
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
