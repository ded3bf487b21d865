/**
 * A real Debian guest whose image asks for UEFI, brings variables along and has a TPM: it finds
 * all of it, and what it changes is told. It knows the pointer that machines have. The same guest does what EC2Launch does on Windows: it
 * gives away a password that only the holder of the key pair reads.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CopySnapshotCommand,
  CreateKeyPairCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  GetInstanceUefiDataCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import {
  decodeUefiData,
  encodeUefiData,
  type UefiVariable,
} from '../../server/foundations/uefi-data.ts';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { pointAt, sitAt } from '../support/rfb-client.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const sshTimeoutMs = 600_000;
/** Non-volatile, for the system's programs at any time. */
const attributes = 7;
const marker: UefiVariable = {
  name: 'Marker',
  guid: Buffer.from('0123456789abcdef0123456789abcdef', 'hex'),
  attributes,
  data: Buffer.from('of the image'),
};
/** As Linux names it: the first three numbers of a GUID are stored the other way round. */
const markerFile = '/sys/firmware/efi/efivars/Marker-67452301-ab89-efcd-0123-456789abcdef';

let imago: ImagoProcess;
let ec2: EC2Client;
let keyFile: string;
let machine: Reached;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-12') });
  ec2 = imago.ec2();
  const key = await ec2.send(new CreateKeyPairCommand({ KeyName: 'rsa', KeyType: 'rsa' }));
  keyFile = path.join(imago.home, 'rsa.pem');
  writeFileSync(keyFile, `${key.KeyMaterial}\n`, { mode: 0o600 });
  const login = { ...(await access(imago)), keyName: 'rsa', keyFile };
  const more = { InstanceType: 't3.small' } as const;
  const [instance] = await launch(ec2, await imageWithFirmware(), login, 1, more);
  assert.deepEqual([instance?.CurrentInstanceBootMode, instance?.TpmSupport], ['uefi', 'v2.0']);
  machine = await reach(ec2, instance, login, sshTimeoutMs);
});
after(async () => {
  await imago?.dispose();
});

/** Debian's own disk, of a copy of its snapshot, with other firmware. */
async function imageWithFirmware(): Promise<string> {
  const debian = await providerImage(ec2, 'debian-12-amd64-*');
  const SourceSnapshotId = debian.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  const { SnapshotId = '' } = await ec2.send(
    new CopySnapshotCommand({ SourceSnapshotId, SourceRegion: 'us-east-1' }),
  );
  await until('the snapshot is copied', async () => {
    const found = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
    return found.Snapshots?.[0]?.State === 'completed';
  });
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Name: 'with firmware',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
      BootMode: 'uefi',
      TpmSupport: 'v2.0',
      UefiData: encodeUefiData([marker]).toString('base64'),
    }),
  );
  return ImageId;
}

const asRoot = (script: string) => ssh(machine, 'sudo bash -e', { input: script });

test('the guest has the variable of its image; one that it changes is told changed', async () => {
  const stored = Buffer.from(await asRoot(`base64 ${markerFile}`), 'base64');
  assert.equal(stored.readUInt32LE(), attributes);
  assert.equal(stored.subarray(4).toString(), 'of the image');
  await asRoot(`
    chattr -i ${markerFile}
    printf '\\x07\\0\\0\\0of the guest' >${markerFile}
  `);
  const command = new GetInstanceUefiDataCommand({ InstanceId: machine.id });
  const { UefiData = '' } = await ec2.send(command);
  const told = decodeUefiData(Buffer.from(UefiData, 'base64'));
  assert.deepEqual(
    told.find(({ name }) => name === 'Marker'),
    { ...marker, data: Buffer.from('of the guest') },
  );
  assert.ok(
    told.some(({ name }) => name === 'BootOrder'),
    'those of the firmware are there too',
  );
});

test('its TPM answers, and was told of the firmware before the guest began', async () => {
  // TPM2_GetRandom for 16 bytes: as many come, and a code of success.
  const answer = await asRoot(`
    exec 3<>/dev/tpm0
    printf '\\x80\\x01\\0\\0\\0\\x0c\\0\\0\\x01\\x7b\\0\\x10' >&3
    head -c 28 <&3 | base64
  `);
  const bytes = Buffer.from(answer, 'base64');
  assert.equal(bytes.subarray(0, 12).toString('hex'), '80010000001c000000000010');
  assert.equal(bytes.length, 28);
  const tpm = '/sys/class/tpm/tpm0';
  const said = await asRoot(`cat ${tpm}/tpm_version_major ${tpm}/pcr-sha256/0`);
  assert.match(said, /^2\n[0-9A-F]{64}\n$/);
  assert.doesNotMatch(said, /^2\n0+\n/);
});

/** Waits for a place that the pointer is told, and says it. */
const tellPlace = `
  udevadm settle
  grep -q 'QEMU Virtio Tablet' /proc/bus/input/devices
  exec timeout 60 python3 -c '
import re, struct
devices = open("/proc/bus/input/devices").read().split("\\n\\n")
tablet = next(each for each in devices if "QEMU Virtio Tablet" in each)
place = {}
with open("/dev/input/" + re.search("event[0-9]+", tablet).group(), "rb", buffering=0) as events:
    while len(place) < 2:
        kind, code, value = struct.unpack("HHi", events.read(24)[16:])
        if kind == 3: place[code] = value
print(place[0], place[1])
'
`;

test('its pointer is told where that of whoever looks is', async () => {
  const screen = await sitAt(imago, machine.id);
  const { width, height } = screen;
  const told = asRoot(tellPlace);
  let isTold = false;
  const end = () => {
    isTold = true;
  };
  told.then(end, end);
  // It listens at some time, and then hears of what moves.
  for (let turn = 0; !isTold; turn++) {
    pointAt(screen, width / 2 + (turn % 2) * 4, height / 4 + (turn % 2) * 4);
    await sleep(200);
  }
  const [x = 0, y = 0] = (await told).trim().split(' ').map(Number);
  // Of 32,767 each way, whatever the screen has.
  const isNear = (value: number, share: number) => Math.abs(value / 32_767 - share) < 0.02;
  assert.ok(isNear(x, 0.5) && isNear(y, 0.25), `${x}, ${y}`);
  screen.socket.terminate();
});

/** Encrypts for the key that the metadata service tells, as EC2Launch does. */
const tellPassword = `
  cloud-init status --wait >/dev/null
  imds=http://169.254.169.254/latest
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token)
  cd /run
  curl -sf -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/public-keys/0/openssh-key >key.pub
  ssh-keygen -e -m PKCS8 -f key.pub >key.pem
  secret=$(printf 'correct horse' | openssl pkeyutl -encrypt -pubin -inkey key.pem | base64)
  printf '<Password>\\n%s\\n</Password>\\n' "$secret" >/dev/ttyS0
`;

test('a password that the guest encrypts for its key pair is read with it', async () => {
  const words = ['--instance-id', machine.id, '--priv-launch-key', keyFile];
  const password = async () => {
    const told = await aws(imago, 'ec2', 'get-password-data', ...words);
    return (told as { PasswordData: string }).PasswordData;
  };
  assert.equal(await password(), '');
  await asRoot(tellPassword);
  await until('the password is told', async () => (await password()) !== '');
  assert.equal(await password(), 'correct horse');
});
