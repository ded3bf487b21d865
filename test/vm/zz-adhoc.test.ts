import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as s from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { TestImago } from '../support/imago.ts';
import {
  access,
  launch,
  providerImage,
  target,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh, waitForSsh } from '../support/ssh.ts';

test('adhoc', async () => {
  const imago = await TestImago.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  try {
    const ec2 = imago.ec2();
    const login = await access(imago);
    const src = await providerImage(ec2, 'imago-micro-*');
    const [i] = await launch(ec2, src.ImageId ?? '', login, 1, {
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }],
    });
    const id = i?.InstanceId ?? '';
    const m = target(await waitForState(ec2, id, 'running'), login);
    await waitForSsh(m, 90_000);
    await ssh(m, 'sudo sh -c "echo one >/etc/mark; echo hello >/dev/vdb; sync"');
    let t = Date.now();
    const a = await ec2.send(new s.CreateImageCommand({ InstanceId: id, Name: 'rebooted' }));
    const img = await waitForImage(ec2, a.ImageId ?? '', 'available');
    console.log('reboot capture', Date.now() - t, img.Tags);
    await waitForSsh(m, 90_000);
    console.log('uptime', await ssh(m, 'cat /proc/uptime; cat /etc/mark'));
    t = Date.now();
    await ec2.send(new s.RebootInstancesCommand({ InstanceIds: [id] }));
    await new Promise((r) => setTimeout(r, 6000));
    await waitForSsh(m, 90_000);
    console.log('reboot', Date.now() - t, await ssh(m, 'cat /proc/uptime'));
    t = Date.now();
    await ec2.send(new s.StopInstancesCommand({ InstanceIds: [id] }));
    const st = await waitForState(ec2, id, 'stopped');
    console.log('stop', Date.now() - t, st.StateReason, st.StateTransitionReason);
    const b = await ec2.send(new s.CreateImageCommand({ InstanceId: id, Name: 'stopped' }));
    const img2 = await waitForImage(ec2, b.ImageId ?? '', 'available');
    console.log(img2.Tags);
    await ec2.send(new s.StartInstancesCommand({ InstanceIds: [id] }));
    const again = target(await waitForState(ec2, id, 'running'), login);
    await waitForSsh(again, 90_000);
    console.log(await ssh(again, 'cat /etc/mark; sudo head -c 6 /dev/vdb'));
    const out = await ec2.send(new s.GetConsoleOutputCommand({ InstanceId: id }));
    assert.ok(Buffer.from(out.Output ?? '', 'base64').length > 100);
    console.log(
      (await ec2.send(new s.DescribeInstanceStatusCommand({}))).InstanceStatuses?.[0]
        ?.InstanceStatus,
    );
    const [c] = await launch(ec2, img2.ImageId ?? '', login);
    const cm = target(await waitForState(ec2, c?.InstanceId ?? '', 'running'), login);
    await waitForSsh(cm, 90_000);
    console.log('copy', await ssh(cm, 'cat /etc/mark; sudo head -c 6 /dev/vdb'));
    await ssh(again, 'sudo poweroff').catch(() => {});
    const off = await waitForState(ec2, id, 'stopped');
    console.log('guest off', off.StateReason);
    await ec2.send(new s.TerminateInstancesCommand({ InstanceIds: [id, c?.InstanceId ?? ''] }));
    await waitForState(ec2, id, 'terminated');
    console.log((await ec2.send(new s.DescribeVolumesCommand({}))).Volumes?.length);
    console.log(
      imago.log
        .split('\n')
        .filter((l) => /"(warn|error)"/.test(l))
        .slice(0, 10),
    );
  } finally {
    await imago.dispose();
  }
});
