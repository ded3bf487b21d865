/** The whole cycle with `debian-12` and two copies at once; `npm test` has one. */
import { after, before, test } from 'node:test';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { wholeCycle } from './whole-cycle.ts';

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
    sshTimeoutMs: 300_000,
    rootGiB: 24,
    copies: 2,
    installService: [
      'sudo sh -c "cat >/etc/systemd/system/demo.service" <<"END"',
      '[Service]',
      'Type=oneshot',
      'ExecStart=/bin/sh -c "echo started >/run/demo"',
      '[Install]',
      'WantedBy=multi-user.target',
      'END',
      'sudo systemctl enable demo.service',
    ].join('\n'),
  });
});
