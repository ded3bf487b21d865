/**
 * The wire alone, in microseconds of one core for each call, beside something familiar on the same
 * data in the same run: a page of 1,000 images to XML and to JSON, a RunInstances to typed input
 * and by JSON.parse, a signature verified and the bare hashes that it needs.
 *
 *   tools/node24 bench/protocol.bench.ts
 */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { ec2Model } from '../api/generated/ec2.ts';
import type { Image } from '../api/generated/ec2-types.ts';
import { Sha256 } from '../server/foundations/sha256.ts';
import { Verification } from '../server/http/signature.ts';
import { ec2Query } from '../server/protocol/ec2-query.ts';
import { parseForm } from '../server/protocol/form.ts';
import { QueryInput } from '../server/protocol/query-input.ts';

const roundMs = 300;
const rounds = 5;

/** The quickest of several rounds: what is slower was disturbed. */
async function microsecondsPerCall(call: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    let calls = 0;
    for (; performance.now() - startedMs < roundMs; calls++) await call();
    best = Math.min(best, ((performance.now() - startedMs) * 1000) / calls);
  }
  return best;
}

async function report(
  what: string,
  ours: () => unknown,
  familiar: string,
  theirs: () => unknown,
  per = 1,
) {
  const [our, their] = [await microsecondsPerCall(ours), await microsecondsPerCall(theirs)];
  const us = (value: number) => `${(value / per).toFixed(2)} us`;
  console.log(`${what}: ${us(our)}; ${familiar}: ${us(their)}; ratio ${(our / their).toFixed(2)}`);
}

function image(number: number): Image {
  const id = number.toString(16).padStart(17, '0');
  return {
    ImageId: `ami-${id}`,
    Name: `golden-${number}`,
    Description: 'web & worker',
    Public: false,
    State: 'available',
    OwnerId: '000000000001',
    ImageLocation: `000000000001/golden-${number}`,
    Architecture: 'x86_64',
    ImageType: 'machine',
    Hypervisor: 'xen',
    BootMode: 'uefi-preferred',
    RootDeviceName: '/dev/sda1',
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    CreationDate: '2026-11-23T10:00:00.000Z',
    PlatformDetails: 'Linux/UNIX',
    EnaSupport: false,
    UsageOperation: 'RunInstances',
    SriovNetSupport: 'simple',
    ImdsSupport: 'v2.0',
    SourceImageId: `ami-${id}`,
    SourceImageRegion: 'us-east-1',
    SourceInstanceId: `i-${id}`,
    BlockDeviceMappings: ['/dev/sda1', '/dev/sdb'].map((DeviceName) => ({
      DeviceName,
      Ebs: {
        SnapshotId: `snap-${id}`,
        VolumeSize: 8,
        VolumeType: 'gp3',
        DeleteOnTermination: true,
      },
    })),
    Tags: [1, 2, 3].map((tag) => ({ Key: `key-${tag}`, Value: `value ${number}` })),
    ProductCodes: [],
  };
}

const images = { Images: Array.from({ length: 1000 }, (_, number) => image(number)) };
const ec2 = ec2Query(ec2Model);
// Strings of pieces are only joined when their bytes are wanted: both sides make bytes.
await report(
  'one image of a DescribeImages page of 1,000, to XML',
  () => ec2.result('DescribeImages', images, 'request'),
  'JSON.stringify',
  () => Buffer.from(JSON.stringify(images)),
  1000,
);

const form =
  'ImageId=ami-1&MinCount=1&MaxCount=20&InstanceType=t3.micro&KeyName=key&ClientToken=token&SecurityGroupId.1=sg-1' +
  `&UserData=${encodeURIComponent(Buffer.alloc(2048, 'user data ').toString('base64'))}` +
  '&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1&BlockDeviceMapping.1.Ebs.VolumeSize=8' +
  '&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true' +
  '&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=web';
const input = new QueryInput(ec2Model);
const json = JSON.stringify(input.decode('RunInstances', parseForm(form)));
await report(
  'a RunInstances of 2 KiB user data, decoded',
  () => input.decode('RunInstances', parseForm(form)),
  'JSON.parse',
  () => JSON.parse(json),
);

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
const body = Buffer.from(
  'Action=DescribeImages&Version=2016-11-15&ImageId.1=ami-00000000000000001',
);
const now = new Date();
const signer = new SignatureV4({
  credentials,
  region: 'us-east-1',
  service: 'ec2',
  sha256: Sha256,
});
const { headers } = await signer.sign(
  {
    method: 'POST',
    protocol: 'http:',
    hostname: 'localhost',
    path: '/',
    query: {},
    body,
    headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' },
  },
  { signingDate: now },
);
const request = { method: 'POST', path: '/', query: new Map(), headers };
const verifier = {
  findCredential: async () => ({
    account: '1',
    secretAccessKey: 'secret',
    operator: false,
    groups: [],
  }),
  regions: ['us-east-1'],
  services: ['ec2'],
  clock: { now: () => now, monotonicMs: () => 0 },
};
await report(
  'a signature verified',
  async () => (await Verification.begin(request, verifier)).byBody(Buffer.from(body)),
  'its three bare hashes',
  () => {
    createHash('sha256').update(body).digest('hex');
    createHash('sha256').update(body).digest('hex');
    createHmac('sha256', credentials.secretAccessKey).update(body).digest('hex');
  },
);
