/**
 * The whole cycle with `debian-12` as it is built, with two copies at once.
 * Of what Packer makes of it golden.soak.ts tells it to the capture.
 */
import { after, before, test } from 'node:test';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { installSystemdService, wholeCycle } from './whole-cycle.ts';

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-12') });
});
after(async () => {
  await imago?.dispose();
});

test('debian-12: launch, change, capture while it runs, two copies of their own', async () => {
  await wholeCycle(imago, {
    imageName: 'debian-12-amd64-*',
    instanceType: 't3.small',
    sshTimeoutMs: 600_000,
    rootGiB: 24,
    copies: 2,
    installService: installSystemdService,
    summed: ['/etc', '/usr', '/boot'],
  });
});
