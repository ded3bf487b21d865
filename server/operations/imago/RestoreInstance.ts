import type { RestoreInstanceRequest, RestoreInstanceResult } from '../../../api/imago-restores.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupRow } from '../../domain/backups/backups.ts';
import {
  asked,
  type RestoreDifference,
  type RestoreWishes,
} from '../../domain/backups/recorded-machine.ts';
import { orderRestoreInPlace } from '../../domain/backups/restore-in-place.ts';
import {
  type InstanceRestore,
  planInstanceRestore,
} from '../../domain/backups/restore-instance.ts';
import { idempotently } from '../../domain/client-tokens.ts';
import { insertLaunch } from '../../domain/launch-rows.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';
import type { HostMeasures } from '../../host/host.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { namedBackup } from '../requests/named-backup.ts';
import { writeOrPreview } from '../requests/preview.ts';
import { differenceShape } from '../shapes/backup.ts';

const wishedMembers = [
  'InstanceType',
  'KeyName',
  'SubnetId',
  'SecurityGroupIds',
  'PrivateIpAddress',
  'UserData',
  'ExcludeDeviceNames',
  'Name',
] as const;

export const restoreInstance: Operation<RestoreInstanceRequest, RestoreInstanceResult> = {
  accepts: ['BackupId', 'InstanceId', 'At', 'InPlace', 'Preview', 'ClientToken', ...wishedMembers],
  async run(input, context) {
    checkWishes(input);
    const measures = await context.host.measure();
    return writeOrPreview(context.catalog, input.Preview, (transaction) =>
      restore(transaction, input, { ...context, measures }),
    );
  },
};

function checkWishes(input: RestoreInstanceRequest): void {
  const wish = wishedMembers.find((member) => input[member] !== undefined);
  if (!input.InPlace || wish === undefined) return;
  throw new ServiceError(
    'InvalidParameterCombination',
    `${wish} is for a new instance: one that is restored in place stays what it is.`,
  );
}

async function restore(
  transaction: CatalogTransaction,
  input: RestoreInstanceRequest,
  context: OperationContext & { measures: HostMeasures },
): Promise<RestoreInstanceResult> {
  const { caller, clock } = context;
  const now = clock.now();
  const call = {
    ...caller,
    action: 'RestoreInstance',
    token: input.Preview ? undefined : input.ClientToken,
    parameters: input,
    now,
  };
  let differences: RestoreDifference[] = [];
  const [BackupId = '', made = ''] = await idempotently(transaction, call, async () => {
    const backup = await namedBackup(
      transaction,
      caller,
      { BackupId: input.BackupId, sourceId: input.InstanceId, At: input.At },
      now,
    );
    const done = await restoreBackup(transaction, backup, input, context);
    ({ differences } = done);
    return [backup.id, done.id];
  });
  return {
    BackupId,
    ...madeMember(input, made),
    Differences: differences.map((each) => differenceShape(each, input.Preview)),
  };
}

/** Of a preview there is nothing. */
function madeMember({ InPlace, Preview }: RestoreInstanceRequest, made: string) {
  if (Preview) return {};
  return InPlace ? { ReplaceRootVolumeTaskId: made } : { InstanceId: made };
}

async function restoreBackup(
  transaction: CatalogTransaction,
  backup: BackupRow,
  input: RestoreInstanceRequest,
  context: OperationContext & { measures: HostMeasures },
): Promise<{ id: string; differences: RestoreDifference[] }> {
  const { caller } = context;
  if (input.InPlace) return orderRestoreInPlace(transaction, caller, backup, context);
  const order = { backupId: backup.id, wishes: wishesOf(input) };
  const planned = await planInstanceRestore(transaction, caller, order, context);
  const { launch, differences } = input.Name === undefined ? planned : named(planned, input.Name);
  await insertLaunch(transaction, launch);
  return { id: launch.instances[0]?.id ?? '', differences };
}

/** All its other tags are as they were. */
function named({ launch, differences }: InstanceRestore, Value: string): InstanceRestore {
  const { Name: was } = launch.instances[0]?.tags ?? {};
  const name = checkedTags([{ Key: 'Name', Value }]);
  const instances = launch.instances.map((row) => ({
    ...row,
    tags: checkedCount({ ...row.tags, ...name }),
  }));
  const told = { member: 'Tags', was: was && `Name ${was}`, now: `Name ${Value}`, reason: asked };
  return {
    launch: { ...launch, instances },
    differences: was === Value ? differences : [...differences, told],
  };
}

function wishesOf(input: RestoreInstanceRequest): RestoreWishes {
  return {
    instanceType: input.InstanceType,
    keyName: input.KeyName,
    subnetId: input.SubnetId,
    securityGroupIds: input.SecurityGroupIds,
    privateIp: input.PrivateIpAddress,
    userData: input.UserData,
    mappings: input.ExcludeDeviceNames?.map((deviceName) => ({ deviceName, noDevice: true })),
  };
}
