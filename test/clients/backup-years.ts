/**
 * Backups by policies and plans over years, as their owner sees them by aws-cli or boto3: each day at
 * 03:00 the machine is written to and its backups are due. On some days it is looked, by the same
 * clients, whether what is there is what the rules say of that day: of each kind the days that it
 * is of, in which region and tier, with whom it is shared, and what is deprecated. Now and then one
 * is restored, and one is tested twice a week.
 */
import type { AwsCall } from '../support/aws-clients.ts';
import type { ClockedImago } from '../support/clocked-imago.ts';
import { Calendar, markOf } from './backup-years-calendar.ts';
import { YearsPlan } from './backup-years-plan.ts';
import { dataType, type YearsMachine, YearsPolicies } from './backup-years-policies.ts';

const minuteMs = 60_000;
/** On this day the machine's other volume comes into its sets. */
const allFrom = 10;

export interface YearsOfBackups {
  /** Who makes policies and asks for what they made, and who does so with plans. */
  policies: AwsCall;
  plans: AwsCall;
  days: number;
  /** Days from one look to the next. */
  lookEvery: number;
}

export interface Told {
  looks: number;
  restored: number;
  tested: number;
  archived: number;
}

export async function tellYears(clocked: ClockedImago, options: YearsOfBackups): Promise<Told> {
  const calendar = new Calendar(clocked.now);
  // The default policy is due at this time of the day: what it made yesterday was after that.
  await clocked.passTo(new Date(calendar.firstMs - 30 * minuteMs));
  const machine = await launch(clocked, options.policies);
  const policies = new YearsPolicies(clocked, options.policies, { calendar, machine });
  const plan = new YearsPlan(clocked, options.plans, { calendar, machine });
  await policies.make();
  await plan.make();
  let looks = 0;
  for (let day = 0; day < options.days; day++) {
    if (day === allFrom) await policies.takeAll(day);
    await clocked.imago.write(machine.root, 0, 4096, markOf(day));
    await clocked.passTo(new Date(calendar.timeOf(day) + 5000));
    if (day % options.lookEvery !== 0 && day !== options.days - 1) continue;
    looks += 1;
    await policies.look(day);
    await plan.look(day);
  }
  return { looks, ...plan.told, archived: policies.archived };
}

/** A machine with two volumes, and a volume by itself. */
async function launch(clocked: ClockedImago, call: AwsCall): Promise<YearsMachine> {
  const { imago } = clocked;
  const { id: ImageId } = await imago.image();
  const Tags = [{ Key: 'backup', Value: 'daily' }];
  const { Instances } = await call<{ Instances: { InstanceId: string }[] }>('ec2', 'RunInstances', {
    ...{ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' },
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, VolumeType: dataType } }],
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [root = '', data = ''] = await imago.volumeIds(id);
  const ofNothing = [{ Key: 'of', Value: 'nothing' }];
  const { VolumeId: loose } = await call<{ VolumeId: string }>('ec2', 'CreateVolume', {
    ...{ AvailabilityZone: 'us-east-1a', Size: 1, VolumeType: 'gp3' },
    TagSpecifications: [{ ResourceType: 'volume', Tags: ofNothing }],
  });
  return { id, root, data, loose };
}
