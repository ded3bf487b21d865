/**
 * Imago's main job, told once for every guest that the tests try: launch from a provider image,
 * change the machine, capture it while it runs, launch copies, look inside each over SSH. No state
 * field is trusted alone.
 */
import assert from 'node:assert/strict';
import {
  CreateImageCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Reachable } from '../support/debian-client.ts';
import type { ImagoProcess } from '../support/imago.ts';
import {
  access,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { hostKeyOf, ssh } from '../support/ssh.ts';
import { assertAgrees, assertDrifted, drift, guestContents } from './guest-contents.ts';

export interface Guest {
  /** Name filter of the provider image. */
  imageName: string;
  /** Absent: one processor (launch.ts). */
  instanceType?: 't3.small';
  sshTimeoutMs: number;
  /** Of the first machine: larger than the image is, so that it grows at its first boot. */
  rootGiB: number;
  copies: number;
  installService: string;
  /** Whose files' checksums are compared with what is read in the image. */
  summed: readonly string[];
}

/** Shell that installs a service which starts at boot and writes `started` to /run/demo. */
export const installSystemdService = [
  'sudo sh -c "cat >/etc/systemd/system/demo.service" <<"END"',
  '[Service]',
  'Type=oneshot',
  'ExecStart=/bin/sh -c "echo started >/run/demo"',
  '[Install]',
  'WantedBy=multi-user.target',
  'END',
  'sudo systemctl enable demo.service',
].join('\n');

export async function wholeCycle(imago: ImagoProcess, guest: Guest): Promise<void> {
  const ec2 = imago.ec2();
  const login = await access(imago);
  const source = await providerImage(ec2, guest.imageName);
  const type = guest.instanceType && { InstanceType: guest.instanceType };

  const [first] = await launch(ec2, source.ImageId ?? '', login, 1, {
    ...type,
    BlockDeviceMappings: rootOf(guest.rootGiB),
  });
  const machine = await reach(ec2, first, login, guest.sshTimeoutMs);
  await rootFills(machine, guest.rootGiB);
  const sum = await changed(machine, guest.installService);
  const image = await capturedAndRead(imago, ec2, machine, guest.summed);
  assert.equal(await sumOf(machine), sum, 'the source runs on');

  const copies = await launch(ec2, image.ImageId ?? '', login, guest.copies, type);
  const identities = [await identity(machine)];
  for (const copy of copies) {
    const copied = await reach(ec2, copy, login, guest.sshTimeoutMs);
    identities.push(await inspectCopy(copied, sum));
  }
  assertDiffer(identities);

  const ids = [machine.id, ...copies.map((copy) => copy.InstanceId ?? '')];
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  for (const id of ids) await waitForState(ec2, id, 'terminated');
}

export function rootOf(sizeGiB: number) {
  return [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: sizeGiB } }];
}

/** A service and a large file; answers the file's sum. */
export async function changed(machine: Reached, installService: string): Promise<string> {
  await ssh(machine, installService);
  await ssh(machine, 'sudo sh -c "mkdir -p /opt/demo && dd of=/opt/demo/data bs=1M"', {
    input: 'imago '.repeat(500_000),
  });
  return sumOf(machine);
}

export function sumOf(machine: Reached): Promise<string> {
  return ssh(machine, 'sha256sum </opt/demo/data');
}

/** While it runs. */
export async function captured(ec2: EC2Client, { id }: Reached): Promise<Image> {
  const created = await ec2.send(
    new CreateImageCommand({ InstanceId: id, Name: 'golden', NoReboot: true }),
  );
  const image = await waitForImage(ec2, created.ImageId ?? '', 'available');
  const tags = Object.fromEntries((image.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
  assert.equal(tags['aws:imago:consistency'], 'application', 'the guest agent froze the guest');
  assert.match(tags['aws:imago:guest-hooks-ms'] ?? '', /^\d+$/, 'the guest noted its own pause');
  const snapshots = await ec2.send(
    new DescribeSnapshotsCommand({
      SnapshotIds: [image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''],
    }),
  );
  assert.equal(snapshots.Snapshots?.[0]?.State, 'completed');
  return image;
}

/**
 * The same; what is read in the image is what the guest says of itself, and how far it is from its
 * own image is told while it runs.
 */
export async function capturedAndRead(
  imago: Reachable,
  ec2: EC2Client,
  machine: Reached,
  summed: readonly string[],
): Promise<Image> {
  const expected = await drift(machine);
  const before = await guestContents(machine, summed);
  const image = await captured(ec2, machine);
  const after = await guestContents(machine, summed);
  await assertAgrees(imago, image.ImageId ?? '', before, after);
  await assertDrifted(imago, machine, expected);
  return image;
}

/** The guest's own word for the size of its root; it may grow in the background while it boots. */
export async function rootFills(machine: Reached, sizeGiB: number): Promise<void> {
  const leastKiB = Math.floor(0.95 * sizeGiB * 1024 ** 2);
  await ssh(
    machine,
    `for i in $(seq 120); do
      size=$(df -k / | awk 'END { print $2 }')
      [ "$size" -ge ${leastKiB} ] && exit
      sleep 1
    done
    echo "the root has $size KiB of ${sizeGiB} GiB" >&2
    exit 1`,
    { timeoutMs: 180_000 },
  );
}

export interface Identity {
  instanceId: string;
  hostName: string;
  hostKey: string;
  machineId: string;
}

export function assertDiffer(identities: readonly Identity[]): void {
  for (const part of ['instanceId', 'hostName', 'hostKey', 'machineId'] as const) {
    const values = identities.map((each) => each[part]);
    assert.ok(values.every(Boolean), `every machine has a ${part}`);
    assert.equal(new Set(values).size, values.length, `${part}s differ: ${values}`);
  }
}

export async function inspectCopy(machine: Reached, sum: string): Promise<Identity> {
  assert.equal(await sumOf(machine), sum, 'the copy has the data');
  const service = await ssh(
    machine,
    'for i in $(seq 60); do [ -s /run/demo ] && break; sleep 1; done; cat /run/demo',
  );
  assert.equal(service.trim(), 'started', 'the service started at boot');
  const seen = await identity(machine);
  assert.equal(seen.instanceId, machine.id, 'the metadata service tells the copy its own id');
  return seen;
}

/** Asked in the guest itself; the instance id through IMDSv2. */
export async function identity(machine: Reached): Promise<Identity> {
  const script = [
    'imds=http://169.254.169.254/latest',
    'if command -v curl >/dev/null; then',
    '  token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $imds/api/token)',
    '  curl -sf -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/instance-id',
    'else sudo sh -c "/usr/lib/imago/imds token && /usr/lib/imago/imds meta-data/instance-id"; fi',
    'echo',
    'hostname',
    'cat /etc/machine-id',
  ].join('\n');
  const [instanceId = '', hostName = '', machineId = ''] = (await ssh(machine, script))
    .trim()
    .split('\n');
  return { instanceId, hostName, machineId, hostKey: await hostKeyOf(machine) };
}
