/** A volume's life by aws-cli, its waiters included; on simulated machines. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

const ec2 = (...words: string[]) => aws(imago, 'ec2', ...words);
const first = (...words: string[]) => ec2(...words) as Promise<string>;

async function running(): Promise<string> {
  const image = await first(
    ...['describe-images', '--owners', 'amazon', '--query', 'Images[0].ImageId'],
  );
  const id = await first(
    ...['run-instances', '--image-id', image, '--instance-type', 't3.nano'],
    ...['--query', 'Instances[0].InstanceId'],
  );
  await ec2('wait', 'instance-running', '--instance-ids', id);
  return id;
}

test('made, attached, grown, detached and deleted, as the guide says', async () => {
  const instance = await running();
  const volume = await first(
    ...['create-volume', '--availability-zone', 'us-east-1a', '--size', '20'],
    ...['--volume-type', 'gp3', '--query', 'VolumeId'],
  );
  const ofVolume = ['--volume-id', volume];
  await ec2('wait', 'volume-available', '--volume-ids', volume);
  const attach = ['attach-volume', ...ofVolume, '--instance-id', instance, '--device', '/dev/sdf'];
  const made = (await ec2(...attach)) as { State: string; Device: string };
  assert.deepEqual([made.State, made.Device], ['attaching', '/dev/sdf']);
  await ec2('wait', 'volume-in-use', '--volume-ids', volume);
  await ec2('modify-volume', ...ofVolume, '--size', '40', '--iops', '4000', '--throughput', '250');
  const states = async () =>
    (await ec2(
      ...['describe-volumes-modifications', '--volume-ids', volume],
      ...['--query', 'VolumesModifications[].[ModificationState,TargetSize,TargetIops]'],
    )) as [string, number, number][];
  for (let tries = 0; (await states())[0]?.[0] !== 'completed'; tries++) assert.ok(tries < 60);
  assert.deepEqual((await states())[0]?.slice(1), [40, 4000]);
  const status = await first(
    ...['describe-volume-status', '--volume-ids', volume],
    ...['--query', 'VolumeStatuses[0].VolumeStatus.Status'],
  );
  assert.equal(status, 'ok');
  await ec2('detach-volume', ...ofVolume);
  await ec2('wait', 'volume-available', '--volume-ids', volume);
  await ec2('delete-volume', ...ofVolume);
  await ec2('wait', 'volume-deleted', '--volume-ids', volume);
});
