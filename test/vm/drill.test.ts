/**
 * Drills of `micro` by the command line: one passes, though its guest tries to reach somebody; one
 * check fails, and its console and screen are kept. No machine is left of either.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Drill } from '../../api/imago-drills.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let ami: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ami = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

interface Ended {
  code: unknown;
  document: Drill & { ConsoleOutput?: string };
}

function drill(words: string[]): Promise<Ended> {
  const argv = ['drill', ...words, '--home', imago.home, '--json'];
  return new Promise((resolve) => {
    execFile(launcher, argv, (error, stdout) =>
      resolve({ code: error?.code ?? 0, document: JSON.parse(stdout || '{}') }),
    );
  });
}

function file(text: string): string {
  const name = path.join(imago.home, 'drill.yaml');
  writeFileSync(name, text);
  return name;
}

test('micro: a drill passes without a way out, and one of which a check fails keeps what was seen', async () => {
  const checks = `type: t3.nano
checks:
  - name: metadata of its own
    command: /usr/lib/imago/imds meta-data/instance-id
    contains: i-
    within: 90
  - name: no way out
    command: >-
      for target in 172.31.0.1 172.31.0.2 1.1.1.1; do
      timeout 3 nc $target 53 < /dev/null && echo $target answers; done; exit 0
    equals: ""
  - name: no names
    command: timeout 10 nslookup example.com 172.31.0.2 > /dev/null && echo it has one; exit 0
    equals: ""
    timeout: 30
  - port: 22
  - file: /etc/os-release
  - service: dropbear
`;
  const passed = await drill([ami, '--checks', file(checks)]);
  assert.deepEqual(
    passed.document.Results?.map(({ Name, Passed, Reason }) => [Name, Passed, Reason]),
    [
      ['metadata of its own', true, undefined],
      ['no way out', true, undefined],
      ['no names', true, undefined],
      ['port 22', true, undefined],
      ['file /etc/os-release', true, undefined],
      ['service dropbear', true, undefined],
    ],
  );
  assert.deepEqual([passed.code, passed.document.State], [0, 'passed']);

  const failing = `type: t3.nano
console: "END SSH HOST KEY KEYS"
checks:
  - file: /etc/os-release
    sha256: "${'0'.repeat(64)}"
`;
  const failed = await drill([ami, '--checks', file(failing)]);
  assert.deepEqual([failed.code, failed.document.State], [1, 'failed']);
  assert.match(failed.document.Results[0]?.Reason ?? '', /^its SHA-256 is [0-9a-f]{64}$/);
  const id = failed.document.DrillId;
  const screen = path.join(imago.home, 'screen.jpg');
  const shown = await drill(['show', id, '--screen', screen, '--console']);
  assert.match(shown.document.ConsoleOutput ?? '', /END SSH HOST KEY KEYS/);
  assert.deepEqual([...readFileSync(screen).subarray(0, 2)], [0xff, 0xd8]);

  assert.deepEqual(readdirSync(path.join(imago.home, 'instances')), []);
  const volumes = path.join(imago.home, 'volumes');
  assert.deepEqual(existsSync(volumes) ? readdirSync(volumes) : [], []);
});
