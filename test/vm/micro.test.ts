/**
 * The whole cycle with `micro` by the AWS SDK for JavaScript v3. That several copies of one image are
 * each a machine of its own is told by the quickstart (quickstart.test.ts), which compares three.
 */
import { after, before, test } from 'node:test';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { wholeCycle } from './whole-cycle.ts';

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

test('micro: launch, change, capture while it runs, a copy of its own', async () => {
  await wholeCycle(imago, {
    imageName: 'imago-micro-*',
    sshTimeoutMs: 90_000,
    rootGiB: 9,
    copies: 1,
    installService: [
      'sudo sh -c "cat >/etc/init.d/S90demo" <<"END"',
      '#!/bin/sh',
      'echo started >/run/demo',
      'END',
      'sudo chmod 755 /etc/init.d/S90demo',
    ].join('\n'),
    summed: ['/etc', '/usr', '/boot'],
  });
});
