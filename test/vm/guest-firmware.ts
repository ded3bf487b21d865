/**
 * What a Debian guest finds of the firmware that its image asks for: UEFI with variables of the
 * image's own, a TPM, and the pointer that machines have. And what EC2Launch does on Windows: it
 * gives away a password that only the holder of the key pair reads.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EC2Client, GetInstanceUefiDataCommand } from '@aws-sdk/client-ec2';
import {
  decodeUefiData,
  encodeUefiData,
  type UefiVariable,
} from '../../server/foundations/uefi-data.ts';
import type { Reachable } from '../support/debian-client.ts';
import type { Reached } from '../support/launch.ts';
import { pointAt, sitAt } from '../support/rfb-client.ts';
import { ssh } from '../support/ssh.ts';

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

/** Members of RegisterImage. */
export const firmwareOfImage = {
  BootMode: 'uefi',
  TpmSupport: 'v2.0',
  UefiData: encodeUefiData([marker]).toString('base64'),
} as const;

function asRoot(machine: Reached, script: string): Promise<string> {
  return ssh(machine, 'sudo bash -e', { input: script, timeoutMs: 300_000 });
}

/** It has the variable of its image; that it changes it is told. */
export async function assertVariables(ec2: EC2Client, machine: Reached): Promise<void> {
  const stored = Buffer.from(await asRoot(machine, `base64 ${markerFile}`), 'base64');
  assert.equal(stored.readUInt32LE(), attributes);
  assert.equal(stored.subarray(4).toString(), 'of the image');
  await asRoot(
    machine,
    `
    chattr -i ${markerFile}
    printf '\\x07\\0\\0\\0of the guest' >${markerFile}
  `,
  );
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
}

/** It answers, and was told of the firmware before the guest began. */
export async function assertTpm(machine: Reached): Promise<void> {
  // TPM2_GetRandom for 16 bytes: as many come, and a code of success.
  const answer = await asRoot(
    machine,
    `
    exec 3<>/dev/tpm0
    printf '\\x80\\x01\\0\\0\\0\\x0c\\0\\0\\x01\\x7b\\0\\x10' >&3
    head -c 28 <&3 | base64
  `,
  );
  const bytes = Buffer.from(answer, 'base64');
  assert.equal(bytes.subarray(0, 12).toString('hex'), '80010000001c000000000010');
  assert.equal(bytes.length, 28);
  const tpm = '/sys/class/tpm/tpm0';
  const said = await asRoot(machine, `cat ${tpm}/tpm_version_major ${tpm}/pcr-sha256/0`);
  assert.match(said, /^2\n[0-9A-F]{64}\n$/);
  assert.doesNotMatch(said, /^2\n0+\n/);
}

/** Waits for a place that the pointer is told, and says it. */
const tellPlace = `
  udevadm settle
  grep -q 'QEMU Virtio Tablet' /proc/bus/input/devices
  exec timeout 240 python3 -c '
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

/** Its pointer is told where that of whoever looks is. */
export async function assertPointer(imago: Reachable, machine: Reached): Promise<void> {
  const screen = await sitAt(imago, machine.id);
  const { width, height } = screen;
  const told = asRoot(machine, tellPlace);
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
}

/** It encrypts for the key that the metadata service tells, as EC2Launch does. */
export function tellPassword(machine: Reached, password: string): Promise<string> {
  return asRoot(
    machine,
    `
  cloud-init status --wait >/dev/null
  imds=http://169.254.169.254/latest
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token)
  cd /run
  curl -sf -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/public-keys/0/openssh-key >key.pub
  ssh-keygen -e -m PKCS8 -f key.pub >key.pem
  secret=$(printf '${password}' | openssl pkeyutl -encrypt -pubin -inkey key.pem | base64)
  printf '<Password>\\n%s\\n</Password>\\n' "$secret" >/dev/ttyS0
`,
  );
}
