/**
 * The whole cycle with `debian-13` as it is built, with one copy.
 */
import { after, before, test } from 'node:test';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { installSystemdService, wholeCycle } from './whole-cycle.ts';

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-13') });
});
after(async () => {
  await imago?.dispose();
});

test('debian-13: launch, change, capture while it runs, a copy of its own', async () => {
  await wholeCycle(imago, {
    imageName: 'debian-13-amd64-*',
    instanceType: 't3.small',
    sshTimeoutMs: 600_000,
    rootGiB: 24,
    copies: 1,
    installService: installSystemdService,
    summed: ['/etc', '/usr', '/boot'],
  });
});
