/**
 * The plan of backup-years.ts, as the other of Debian's clients makes it and asks for its recovery
 * points: of all that has a tag, with copies in another region. One is restored at each look; and
 * they are tested twice a week.
 */
import assert from 'node:assert/strict';
import {
  BackupClient,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
} from '@aws-sdk/client-backup';
import type { AwsCall } from '../support/aws-clients.ts';
import type { ClockedImago } from '../support/clocked-imago.ts';
import { until } from '../support/until.ts';
import type { Calendar, Day } from './backup-years-calendar.ts';

const near = 'us-east-1';
const far = 'eu-west-1';
const role = 'arn:aws:iam::123456789012:role/backup';
/** In days. */
const kept = { near: 7, far: 21 };

interface Job {
  RestoreJobId: string;
  CreationDate: string;
  Status: string;
}

interface Point {
  RecoveryPointArn: string;
  ResourceArn: string;
  CreationDate: string;
  Status: string;
}

export class YearsPlan {
  readonly told = { restored: 0, tested: 0 };
  readonly #clocked: ClockedImago;
  readonly #call: AwsCall;
  readonly #calendar: Calendar;
  readonly #machineArn: string;
  readonly #restores = new Set<string>();

  constructor(
    clocked: ClockedImago,
    call: AwsCall,
    { calendar, machine }: { calendar: Calendar; machine: { id: string } },
  ) {
    this.#clocked = clocked;
    this.#call = call;
    this.#calendar = calendar;
    const { account } = clocked.imago.caller;
    this.#machineArn = `arn:aws:ec2:${near}:${account}:instance/${machine.id}`;
  }

  async make(): Promise<void> {
    await this.#call('backup', 'CreateBackupVault', { BackupVaultName: 'near' });
    const there = await this.#call<{ BackupVaultArn: string }>(
      ...['backup', 'CreateBackupVault'],
      { BackupVaultName: 'far' },
      far,
    );
    const copy = { DestinationBackupVaultArn: there.BackupVaultArn };
    const rule = {
      ...{ RuleName: 'daily', TargetBackupVaultName: 'near' },
      ScheduleExpression: 'cron(0 3 * * ? *)',
      Lifecycle: { DeleteAfterDays: kept.near },
      CopyActions: [{ ...copy, Lifecycle: { DeleteAfterDays: kept.far } }],
    };
    const BackupPlan = { BackupPlanName: 'years', Rules: [rule] };
    const { BackupPlanId } = await this.#call<{ BackupPlanId: string }>(
      ...['backup', 'CreateBackupPlan'],
      { BackupPlan },
    );
    const tag = { ConditionType: 'STRINGEQUALS', ConditionKey: 'backup', ConditionValue: 'daily' };
    const BackupSelection = { SelectionName: 'tagged', IamRoleArn: role, ListOfTags: [tag] };
    await this.#call('backup', 'CreateBackupSelection', { BackupPlanId, BackupSelection });
    await this.#makeTests([this.#machineArn]);
  }

  /** By the SDK: Debian's clients are from before there were any. */
  async #makeTests(ProtectedResourceArns: string[]): Promise<void> {
    const { endpoint, credentials } = this.#clocked;
    const client = new BackupClient({ endpoint, credentials, region: near, maxAttempts: 1 });
    const RestoreTestingPlan = {
      RestoreTestingPlanName: 'often',
      // So often that the last one that passed is no older than what the plan keeps anyway.
      ScheduleExpression: 'cron(0 3 ? * SUN,WED *)',
      RecoveryPointSelection: {
        Algorithm: 'LATEST_WITHIN_WINDOW' as const,
        IncludeVaults: ['*'],
        RecoveryPointTypes: ['SNAPSHOT' as const],
      },
    };
    await client.send(new CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
    const selection = { RestoreTestingSelectionName: 'machine', IamRoleArn: role };
    const of = { ProtectedResourceType: 'EC2', ProtectedResourceArns };
    const asked = { RestoreTestingSelection: { ...selection, ...of } };
    await client.send(
      new CreateRestoreTestingSelectionCommand({ ...asked, RestoreTestingPlanName: 'often' }),
    );
    client.destroy();
  }

  async look(day: number): Promise<void> {
    await this.#lookAtPoints(day);
    await this.#lookAtTests(day);
  }

  async #lookAtPoints(day: number): Promise<void> {
    const here = await this.#points('near', near);
    this.#calendar.checkDays(here, day, ({ age }) => age < kept.near);
    const copies = await this.#points('far', far);
    this.#calendar.checkDays(copies, day, ({ age }) => age < kept.far);
    const states = [...here, ...copies].map(({ Status }) => Status);
    assert.deepEqual(new Set(states), new Set(['AVAILABLE']));
    const sources = [...here, ...copies].map(({ ResourceArn }) => ResourceArn);
    assert.deepEqual(new Set(sources), new Set([this.#machineArn]));
    const [oldest] = here.sort((one, other) => one.CreationDate.localeCompare(other.CreationDate));
    await this.#restore(oldest?.RecoveryPointArn ?? '');
  }

  async #points(BackupVaultName: string, region: string): Promise<Point[]> {
    const action = 'ListRecoveryPointsByBackupVault';
    const asked = { BackupVaultName };
    return (await this.#call<{ RecoveryPoints: Point[] }>('backup', action, asked, region))
      .RecoveryPoints;
  }

  async #restore(RecoveryPointArn: string): Promise<void> {
    const asked = { RecoveryPointArn, BackupVaultName: 'near' };
    const { RestoreMetadata: Metadata } = await this.#call<{ RestoreMetadata: object }>(
      ...['backup', 'GetRecoveryPointRestoreMetadata'],
      asked,
    );
    const order = { RecoveryPointArn, Metadata, IamRoleArn: role };
    const { RestoreJobId } = await this.#call<{ RestoreJobId: string }>(
      ...['backup', 'StartRestoreJob'],
      order,
    );
    this.#restores.add(RestoreJobId);
    const job = await this.#ended(RestoreJobId);
    assert.equal(job.Status, 'COMPLETED');
    const InstanceIds = [job.CreatedResourceArn.slice(job.CreatedResourceArn.lastIndexOf('/') + 1)];
    await this.#call('ec2', 'TerminateInstances', { InstanceIds });
    this.told.restored += 1;
  }

  async #ended(RestoreJobId: string) {
    let job = { Status: 'RUNNING', CreatedResourceArn: '' };
    await until('the restore ends', async () => {
      await this.#clocked.settle();
      job = await this.#call('backup', 'DescribeRestoreJob', { RestoreJobId });
      return job.Status !== 'RUNNING' && job.Status !== 'PENDING';
    });
    return job;
  }

  /** On the first day there was nothing yet that could be tested. Jobs are told for 30 days. */
  async #lookAtTests(day: number): Promise<void> {
    const { RestoreJobs } = await this.#call<{ RestoreJobs: Job[] }>(
      ...['backup', 'ListRestoreJobs'],
    );
    assert.ok(RestoreJobs.every(({ Status }) => Status === 'COMPLETED'));
    const tests = RestoreJobs.filter(({ RestoreJobId: id }) => !this.#restores.has(id)).filter(
      ({ CreationDate }) => day - this.#calendar.dayOf(CreationDate) < 30,
    );
    const isDue = ({ age, date }: Day) =>
      age < Math.min(30, day) && [0, 3].includes(date.getUTCDay());
    this.#calendar.checkDays(tests, day, isDue);
    this.told.tested += tests.length;
  }
}
