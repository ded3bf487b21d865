/**
 * A root and its equal copy in one machine, booted again and again by BIOS and by UEFI: it is never
 * the copy that becomes the root. `npm test` does it twice with `micro`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EC2Client, type Image, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { homeWith, type ProviderImage } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { type Access, access, launch, providerImage, reach } from '../support/launch.ts';
import { isOnMarkedRoot, markRoot, rebooted } from '../support/twin-root.ts';
import { attachVolume, deviceOf, newVolume } from '../support/volumes.ts';

const reboots = Number(process.env.IMAGO_SOAK_POINTS ?? 10);
const sshTimeoutMs = 400_000;

const subjects = [
  { image: 'micro', namePattern: 'imago-micro-*', InstanceType: 't3.nano' },
] as const;

for (const { image, namePattern, InstanceType } of subjects) {
  describe(image, { concurrency: true }, () => {
    let imago: ImagoProcess;
    let ec2: EC2Client;
    let login: Access;
    let source: Image;

    before(async () => {
      const home = await homeWith(image satisfies ProviderImage);
      imago = await ImagoProcess.start({ hypervisor: 'qemu', home });
      ec2 = imago.ec2();
      login = await access(imago);
      source = await providerImage(ec2, namePattern);
    });
    after(async () => {
      await imago?.dispose();
    });

    for (const BootMode of ['legacy-bios', 'uefi'] as const) {
      test(`booted ${reboots} times by ${BootMode} beside a copy of its root`, async () => {
        const { Ebs: { SnapshotId } = {}, DeviceName } = source.BlockDeviceMappings?.[0] ?? {};
        const { ImageId = '' } = await ec2.send(
          new RegisterImageCommand({
            Name: `by ${BootMode}`,
            Architecture: 'x86_64',
            VirtualizationType: 'hvm',
            BootMode,
            RootDeviceName: DeviceName,
            BlockDeviceMappings: [{ DeviceName, Ebs: { SnapshotId } }],
          }),
        );
        const [instance] = await launch(ec2, ImageId, login, 1, { InstanceType });
        const guest = await reach(ec2, instance, login, sshTimeoutMs);
        await markRoot(guest);
        const twin = await newVolume(ec2, { SnapshotId });
        await attachVolume(ec2, twin, guest.id, '/dev/sdp');
        await deviceOf(guest, twin);
        for (let reboot = 1; reboot <= reboots; reboot++) {
          await rebooted(ec2, guest);
          assert.ok(await isOnMarkedRoot(guest), `reboot ${reboot}`);
        }
      });
    }
  });
}
