/** The whole cycle with `micro`, driven by aws-cli from Debian's packages, waiters included. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from '../../server/foundations/home.ts';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { sshPort } from '../support/launch.ts';
import { type SshTarget, ssh, waitForSsh } from '../support/ssh.ts';

/** Only ends a test that fails anyway: a guest under emulation, on a host with other work. */
const sshTimeoutMs = 300_000;

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

interface CliInstance {
  InstanceId: string;
  PublicIpAddress: string;
}

test('launch, change, capture while it runs, launch a copy, look inside', async () => {
  const keyFile = path.join(imago.home, 'cli.pem');
  const key = (await aws(
    imago,
    ...['ec2', 'create-key-pair', '--key-name', 'cli', '--key-type', 'ed25519'],
  )) as { KeyMaterial: string };
  writeFileSync(keyFile, `${key.KeyMaterial}\n`, { mode: 0o600 });
  const group = ['--group-name', 'cli'];
  await aws(imago, 'ec2', 'create-security-group', ...group, '--description', 'opens SSH');
  await aws(
    imago,
    ...['ec2', 'authorize-security-group-ingress', ...group],
    ...['--protocol', 'tcp', '--port', '22', '--cidr', '0.0.0.0/0'],
  );
  const found = (await aws(
    imago,
    ...['ec2', 'describe-images', '--owners', 'amazon'],
    ...['--filters', 'Name=name,Values=imago-micro-*', '--query', 'Images[0].ImageId'],
  )) as string;

  const first = await runAndWait(found);
  const machine = await target(first, keyFile);
  await waitForSsh(machine, sshTimeoutMs);
  await ssh(machine, 'sudo sh -c "echo changed >/etc/demo.conf"');

  const image = (await aws(
    imago,
    ...['ec2', 'create-image', '--instance-id', first.InstanceId],
    ...['--name', 'by-cli', '--no-reboot', '--query', 'ImageId'],
  )) as string;
  await aws(imago, 'ec2', 'wait', 'image-available', '--image-ids', image);

  const copy = await runAndWait(image);
  const copied = await target(copy, keyFile);
  await waitForSsh(copied, sshTimeoutMs);
  assert.equal(await ssh(copied, 'cat /etc/demo.conf'), 'changed\n');
  assert.notEqual(await ssh(copied, 'hostname'), await ssh(machine, 'hostname'));

  const ids = [first.InstanceId, copy.InstanceId];
  await aws(imago, 'ec2', 'terminate-instances', '--instance-ids', ...ids);
  await aws(imago, 'ec2', 'wait', 'instance-terminated', '--instance-ids', ...ids);
});

async function runAndWait(imageId: string): Promise<CliInstance> {
  const launched = (await aws(
    imago,
    ...['ec2', 'run-instances', '--image-id', imageId, '--instance-type', 't2.nano'],
    ...['--credit-specification', 'CpuCredits=unlimited'],
    ...['--key-name', 'cli', '--security-groups', 'cli', '--query', 'Instances[0]'],
  )) as CliInstance;
  await aws(imago, 'ec2', 'wait', 'instance-running', '--instance-ids', launched.InstanceId);
  return (await aws(
    imago,
    ...['ec2', 'describe-instances', '--instance-ids', launched.InstanceId],
    ...['--query', 'Reservations[0].Instances[0]'],
  )) as CliInstance;
}

async function target(instance: CliInstance, keyFile: string): Promise<SshTarget> {
  const port = await sshPort(new Home(imago.home), instance.InstanceId);
  return { address: instance.PublicIpAddress, port, keyFile };
}
