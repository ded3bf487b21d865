import type { ModifyInstanceAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import {
  checkModifiable,
  withDeleteOnTermination,
  withDrivers,
  withGroups,
  withInstanceType,
  withProtection,
  withUserData,
} from '../../../domain/instance-attributes.ts';
import { instanceType } from '../../../domain/instance-types.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import { volumesOf } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { type InstanceChange, instanceChange } from '../../requests/instance-attributes.ts';

export const modifyInstanceAttribute: Operation<
  ModifyInstanceAttributeRequest,
  Record<string, never>
> = {
  accepts: [
    'InstanceId',
    'Attribute',
    'Value',
    'BlockDeviceMappings.DeviceName',
    'BlockDeviceMappings.Ebs',
    'DisableApiStop',
    'DisableApiTermination',
    'EnaSupport',
    'Groups',
    'InstanceInitiatedShutdownBehavior',
    'InstanceType',
    'UserData',
  ],
  fixed: {
    'EbsOptimized.Value': false,
    'EnclaveOptions.Enabled': false,
    'SourceDestCheck.Value': true,
    // EC2 cannot take it away either.
    'SriovNetSupport.Value': 'simple',
  },
  async run(input, { catalog, caller }) {
    const asked = instanceChange(input);
    await catalog.write(async (transaction) => {
      const row = await requiredInstance(transaction, caller, input.InstanceId);
      checkModifiable(row);
      if (asked.attribute === 'blockDeviceMapping') await changeVolumes(transaction, row, asked);
      else await transaction.instances.update(await changed(transaction, caller, row, asked));
    });
    return {};
  },
};

type MappingChange = Extract<InstanceChange, { attribute: 'blockDeviceMapping' }>;

async function changeVolumes(
  transaction: CatalogTransaction,
  row: InstanceRow,
  { mappings }: MappingChange,
): Promise<void> {
  const attached = await volumesOf(transaction, row);
  for (const mapping of mappings) {
    await transaction.volumes.update(withDeleteOnTermination(attached, mapping));
  }
}

async function changed(
  transaction: CatalogTransaction,
  viewer: Viewer,
  row: InstanceRow,
  asked: Exclude<InstanceChange, MappingChange>,
): Promise<InstanceRow> {
  switch (asked.attribute) {
    case 'disableApiStop':
    case 'disableApiTermination':
      return withProtection(row, asked.attribute, asked.value);
    case 'enaSupport':
      return withDrivers(row, { enaSupport: asked.value });
    case 'groupSet':
      return withGroups(transaction, viewer, row, asked.ids);
    case 'instanceInitiatedShutdownBehavior':
      return { ...row, shutdownBehavior: asked.value };
    case 'instanceType': {
      const type = instanceType(asked.value);
      if (type) return withInstanceType(row, type);
      throw new ServiceError(
        'InvalidInstanceAttributeValue',
        `Invalid value '${asked.value}' for InstanceType.`,
      );
    }
    case 'sriovNetSupport':
      return withDrivers(row, { sriovNetSupport: asked.value });
    case 'userData':
      return withUserData(row, asked.value);
    case 'none':
      return row;
  }
}
