import { createReplaceRootVolumeTask } from '../../../server/operations/ec2/root-volumes/CreateReplaceRootVolumeTask.ts';
import { insertProviderImage } from '../../../server/operations/test-images.ts';
import { insertRunningInstance } from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const lineage = 'InvalidParameterValue';

export const table: AuthorisationTable = {
  nouns: {
    instance: {
      make: async (context) =>
        (await insertRunningInstance(context, await insertProviderImage(context))).id,
      missing: 'i-0fedcba9876543210',
      unseen: 'InvalidInstanceID.NotFound',
    },
    rootReplacement: {
      make: async (context) => {
        const image = await insertProviderImage(context);
        const { id } = await insertRunningInstance(context, image);
        const made = await createReplaceRootVolumeTask.run({ InstanceId: id }, context);
        return made.ReplaceRootVolumeTask?.ReplaceRootVolumeTaskId ?? '';
      },
      missing: 'replacevol-0fedcba9876543210',
      unseen: 'InvalidReplaceRootVolumeTaskId.NotFound',
    },
  },
  actions: {
    'ec2.CreateReplaceRootVolumeTask': {
      needs: { InstanceId: 'instance' },
      names: [
        { path: 'InstanceId', noun: 'instance' },
        { path: 'ImageId', noun: 'image', seen: 'ok' },
        // Seen or not, it is of no root of this instance.
        { path: 'SnapshotId', noun: 'snapshot', owner: lineage, seen: lineage },
        // One's own is attached to another instance.
        { path: 'VolumeId', noun: 'volume', owner: 'IncorrectState' },
      ],
    },
    'ec2.DescribeReplaceRootVolumeTasks': byOne('ReplaceRootVolumeTaskIds', 'rootReplacement'),
    'ec2.DescribeInstanceAttribute': byOne('InstanceId', 'instance', {
      with: { Attribute: 'userData' },
    }),
    'ec2.DescribeInstanceCreditSpecifications': byOne('InstanceIds', 'instance'),
    'ec2.DescribeInstances': byOne('InstanceIds', 'instance'),
    'ec2.DescribeInstanceStatus': byOne('InstanceIds', 'instance'),
    'ec2.DescribeInstanceTypes': ownOnly,
    'ec2.GetConsoleOutput': byOne('InstanceId', 'instance'),
    'ec2.GetConsoleScreenshot': byOne('InstanceId', 'instance', {
      // A simulated machine has no screen.
      owner: 'UnsupportedOperation',
    }),
    'ec2.GetInstanceUefiData': byOne('InstanceId', 'instance', {
      // Its image boots by the BIOS.
      owner: 'UnsupportedOperation',
    }),
    'ec2.GetInstanceMetadataDefaults': ownOnly,
    'ec2.GetPasswordData': byOne('InstanceId', 'instance'),
    'ec2.ModifyInstanceAttribute': {
      needs: { InstanceId: 'instance' },
      names: [
        {
          path: 'InstanceId',
          noun: 'instance',
          with: { DisableApiStop: { Value: true } },
        },
        { path: 'Groups', noun: 'securityGroup' },
        {
          // Of the device that it says, and of no other instance.
          path: 'BlockDeviceMappings.Ebs.VolumeId',
          noun: 'volume',
          with: {
            BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { DeleteOnTermination: true } }],
          },
          owner: 'InvalidInstanceAttributeValue',
          unseen: 'InvalidInstanceAttributeValue',
        },
      ],
    },
    'ec2.ModifyInstanceMetadataDefaults': { with: { HttpTokens: 'required' } },
    'ec2.ModifyInstanceMetadataOptions': byOne('InstanceId', 'instance', {
      with: { HttpTokens: 'required' },
    }),
    'ec2.DescribeInstanceTypeOfferings': ownOnly,
    'ec2.ModifyInstanceCreditSpecification': byOne(
      'InstanceCreditSpecifications.InstanceId',
      'instance',
      {
        with: { InstanceCreditSpecifications: [{ CpuCredits: 'standard' }] },
        unseen: 'ok',
        done: true,
      },
    ),
    'ec2.MonitorInstances': byOne('InstanceIds', 'instance'),
    'ec2.UnmonitorInstances': byOne('InstanceIds', 'instance'),
    'ec2.RebootInstances': byOne('InstanceIds', 'instance'),
    'ec2.ResetInstanceAttribute': byOne('InstanceId', 'instance', {
      with: { Attribute: 'sourceDestCheck' },
    }),
    'ec2.RunInstances': {
      with: { MinCount: 1, MaxCount: 1 },
      needs: { ImageId: 'image' },
      names: [
        { path: 'ImageId', noun: 'image', seen: 'ok' },
        { path: 'KeyName', noun: 'keyName' },
        { path: 'SecurityGroupIds', noun: 'securityGroup' },
        { path: 'SecurityGroups', noun: 'groupName' },
        { path: 'SubnetId', noun: 'subnet' },
        { path: 'LaunchTemplate.LaunchTemplateId', noun: 'launchTemplate' },
        { path: 'LaunchTemplate.LaunchTemplateName', noun: 'templateName' },
        {
          path: 'BlockDeviceMappings.Ebs.SnapshotId',
          noun: 'snapshot',
          seen: 'ok',
          with: { BlockDeviceMappings: [{ DeviceName: '/dev/sdz' }] },
        },
        {
          path: 'BlockDeviceMappings.Ebs.KmsKeyId',
          noun: 'kmsKey',
          with: {
            BlockDeviceMappings: [
              { DeviceName: '/dev/sdz', Ebs: { VolumeSize: 1, Encrypted: true } },
            ],
          },
          unseen: 'InvalidKMSKey.NotFound',
        },
        {
          path: 'NetworkInterfaces.Groups',
          noun: 'securityGroup',
          with: { NetworkInterfaces: [{ DeviceIndex: 0 }] },
        },
        {
          path: 'NetworkInterfaces.SubnetId',
          noun: 'subnet',
          with: { NetworkInterfaces: [{ DeviceIndex: 0 }] },
        },
      ],
    },
    'ec2.StartInstances': byOne('InstanceIds', 'instance'),
    'ec2.StopInstances': byOne('InstanceIds', 'instance'),
    'ec2.TerminateInstances': byOne('InstanceIds', 'instance'),
    'imago.DescribeInstanceMetrics': byOne('InstanceId', 'instance'),
    'imago.DescribePorts': byOne('InstanceIds', 'instance'),
    'imago.OpenConsole': byOne('InstanceId', 'instance', {
      connects: true,
      owner: 'UnsupportedOperation',
    }),
    'imago.OpenScreen': byOne('InstanceId', 'instance', {
      connects: true,
      owner: 'UnsupportedOperation',
    }),
  },
};
