/**
 * Two volumes of a real guest that logs each record on the one before it stores it on the other:
 * snapshots and copies of them, made meanwhile, never have a record that is not in the log
 * of the same moment. `npm run soak` does it with a database, and by images as well.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CopyVolumesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { asRoot, byCreateSnapshots, type Pair, withLogAndData } from '../support/log-and-data.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';
import { attachVolume, deviceOf, newVolume, untilVolume } from '../support/volumes.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let writer: Reached;
let reader: Reached;
let source: Pair;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const launched = await launch(ec2, ImageId, login, 2);
  const guests = await Promise.all(launched.map((each) => reach(ec2, each, login)));
  [writer, reader] = guests as [Reached, Reached];
  // Each write is on the disk before the next one begins.
  source = await withLogAndData(ec2, writer, { Size: 1, mountOptions: 'sync' });
  const records =
    'exec 3>/log/records 4>/data/records; n=0; while :; do n=$((n+1)); echo $n >&3; echo $n >&4; done';
  await ssh(writer, `sudo sh -c '${records}' >/dev/null 2>&1 </dev/null &`);
  await until('the first record', async () => (await last(writer, '/data')) > 0);
});
after(async () => {
  await imago?.dispose();
});

const last = async (guest: Reached, folder: string) =>
  Number(await asRoot(guest, `tail -n 1 ${folder}/records`));

/** The records between which the writer was meanwhile. */
type Span = [number, number];

async function during<T>(work: () => Promise<T>): Promise<[T, Span]> {
  const before = await last(writer, '/data');
  const result = await work();
  return [result, [before, await last(writer, '/log')]];
}

/** What another guest finds on each: records without a gap; answers the last ones. */
async function found(volumeIds: readonly string[]): Promise<number[]> {
  const attaching = volumeIds.map((id) => attachVolume(ec2, id, reader.id, nextPlace()));
  await Promise.all(attaching);
  const last: number[] = [];
  for (const volumeId of volumeIds) {
    const look = 'tail -n 1 /copy/records; wc -l </copy/records; echo mine >/copy/of';
    const device = await deviceOf(reader, volumeId);
    const script = `mkdir -p /copy; mount ${device} /copy && { ${look}; umount /copy; }`;
    const [record, lines] = (await asRoot(reader, script)).split('\n').map(Number);
    assert.equal(record, lines);
    last.push(record ?? 0);
  }
  return last;
}

const places = 'fghijklmnop'[Symbol.iterator]();
const nextPlace = () => `/dev/sd${places.next().value}`;

test('what is cut at one moment has no record that its log does not have', async () => {
  const cut = () => during(() => byCreateSnapshots(ec2, writer, source));
  for (const [{ log, data }, [least, most]] of [await cut(), await cut()]) {
    const made = [log, data].map((SnapshotId) => newVolume(ec2, { SnapshotId }));
    const [logged = 0, stored = 0] = await found(await Promise.all(made));
    assert.ok(logged - stored >= 0 && logged - stored <= 1, `${stored} where ${logged} is logged`);
    assert.ok(stored >= least && logged <= most, `${stored}, ${logged}: ${least} to ${most}`);
  }
});

test('copies of volumes are each of a moment, and the source goes on', async () => {
  const copied = async (SourceVolumeId: string) => {
    const order = new CopyVolumesCommand({ SourceVolumeId, VolumeType: 'gp3' });
    const { Volumes = [] } = await ec2.send(order);
    const id = Volumes[0]?.VolumeId ?? '';
    await untilVolume(ec2, id, 'available');
    return id;
  };
  // The log's is the later one.
  const [[data, log], [least, most]] = await during(async () => [
    await copied(source.data),
    await copied(source.log),
  ]);
  const order = [least, ...(await found([data ?? '', log ?? ''])), most];
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  await until('another record', async () => (await last(writer, '/data')) > most);
  assert.equal(await asRoot(writer, 'ls /log /data | grep -c of || true'), '0\n');
});
