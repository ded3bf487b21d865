/** The whole cycle with `micro` by the AWS SDK for JavaScript v3. */
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

test('micro: launch, change, capture while it runs, two copies of their own', async () => {
  await wholeCycle(imago, {
    imageName: 'imago-micro-*',
    instanceType: 't3.nano',
    sshTimeoutMs: 90_000,
    rootGiB: 9,
    copies: 2,
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
