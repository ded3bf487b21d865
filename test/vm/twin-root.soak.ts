/**
 * A root, its equal copy and a disk that has the root's label in one machine, booted again and
 * again by BIOS and by UEFI: it is never another that becomes the root, that is checked, or grows.
 * The same holds for what was captured of such a machine, and after its root was replaced.
 * `npm test` does one reboot of `micro` with each firmware.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateImageCommand,
  CreateReplaceRootVolumeTaskCommand,
  type EC2Client,
  type Image,
  ModifyVolumeCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { homeWith, type ProviderImage } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import {
  isOnMarkedRoot,
  isOnRootVolume,
  markRoot,
  rebooted,
  rebootsItself,
  rootSerial,
  Twins,
} from '../support/twin-root.ts';
import { until } from '../support/until.ts';
import { rootFills } from './whole-cycle.ts';

const reboots = Number(process.env.IMAGO_SOAK_POINTS ?? 10);
const bootLimitMs = 600_000;
const rootGiB = 9;

const subjects = [
  { image: 'micro', namePattern: 'imago-micro-*', InstanceType: 't3.nano' },
  { image: 'debian-12', namePattern: 'debian-12-amd64-*', InstanceType: 't3.small' },
  { image: 'debian-13', namePattern: 'debian-13-amd64-*', InstanceType: 't3.small' },
] as const;

for (const { image, namePattern, InstanceType } of subjects) {
  describe(image, () => {
    let imago: ImagoProcess;
    let ec2: EC2Client;
    let login: Access;
    let source: Image;
    const booted: { guest: Reached; twins: Twins }[] = [];

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

    async function registered(BootMode: 'legacy-bios' | 'uefi'): Promise<string> {
      const { Ebs: { SnapshotId } = {}, DeviceName } = source.BlockDeviceMappings?.[0] ?? {};
      const { ImageId = '' } = await ec2.send(
        new RegisterImageCommand({
          Name: `by ${BootMode}`,
          Architecture: 'x86_64',
          VirtualizationType: 'hvm',
          BootMode,
          RootDeviceName: DeviceName,
          BlockDeviceMappings: [{ DeviceName, Ebs: { SnapshotId, VolumeSize: rootGiB } }],
        }),
      );
      return ImageId;
    }

    /** When it has done all that a first boot does: before, a guest under emulation hardly answers. */
    async function reached(ImageId: string): Promise<Reached> {
      const [instance] = await launch(ec2, ImageId, login, 1, { InstanceType });
      const connectTimeoutS = 45;
      const guest = { ...(await reach(ec2, instance, login, bootLimitMs)), connectTimeoutS };
      const wait = 'if command -v cloud-init >/dev/null; then cloud-init status --wait; fi';
      await ssh(guest, wait, { timeoutMs: bootLimitMs });
      return guest;
    }

    async function rootVolume({ id }: Reached): Promise<string> {
      const { BlockDeviceMappings } = await describeInstance(ec2, id);
      return BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
    }

    for (const BootMode of ['legacy-bios', 'uefi'] as const) {
      test(`booted ${reboots} times by ${BootMode} beside a copy of its root`, async () => {
        const guest = await reached(await registered(BootMode));
        await markRoot(guest);
        const snapshotId = source.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
        const twins = await Twins.attach(ec2, guest, snapshotId);
        if (image !== 'micro' && reboots > 1) {
          const serial = await rootSerial(ec2, guest);
          const boots = await rebootsItself(guest, reboots - 1);
          assert.deepEqual(boots, Array(reboots - 1).fill(serial));
        }
        for (let reboot = image === 'micro' ? 1 : reboots; reboot <= reboots; reboot++) {
          if (reboot === reboots) {
            const VolumeId = await rootVolume(guest);
            await ec2.send(new ModifyVolumeCommand({ VolumeId, Size: rootGiB + 1 }));
          }
          await rebooted(ec2, guest);
          assert.ok(await isOnMarkedRoot(guest), `reboot ${reboot}`);
          assert.ok(await isOnRootVolume(ec2, guest), `reboot ${reboot}`);
        }
        await rootFills(guest, rootGiB + 1);
        await twins.areUntouched();
        booted.push({ guest, twins });
      });
    }

    test('a copy of both boots from the same one, and so does a root that took its place', async () => {
      const [{ guest, twins }] = booted as [(typeof booted)[number]];
      const order = { InstanceId: guest.id, Name: 'both', NoReboot: true };
      const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
      await waitForImage(ec2, ImageId, 'available', bootLimitMs);
      const copy = await reached(ImageId);
      assert.ok(await isOnMarkedRoot(copy));
      assert.ok(await isOnRootVolume(ec2, copy));

      const before = await rootVolume(guest);
      await ec2.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: guest.id }));
      const isAnother = async () => (await rootVolume(guest)) !== before;
      await until('another root', isAnother, bootLimitMs);
      await reach(ec2, { InstanceId: guest.id }, login, bootLimitMs);
      assert.ok(await isOnRootVolume(ec2, guest));
      assert.ok(!(await isOnMarkedRoot(guest)), 'it is as it was launched');
      await twins.areUntouched();
    });
  });
}
