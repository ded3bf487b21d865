import { insertImage } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne, kmsKeyId, type Naming, ownOnly } from '../table.ts';

/** Of the owner only: others who see it are told that it is not theirs. */
const ownImage: Partial<Naming> = { seen: 'AuthFailure' };

export const table: AuthorisationTable = {
  nouns: {
    image: {
      make: async (context) => (await insertImage(context)).id,
      missing: 'ami-0fedcba9876543210',
      unseen: 'InvalidAMIID.NotFound',
      sharings: ['shared', 'organization', 'public'],
      share: ({ catalog }, id, permission) =>
        catalog.write(async ({ images }) => {
          const row = await images.get(id);
          if (row) await images.update({ ...row, launchPermissions: [permission] });
        }),
    },
  },
  actions: {
    'ec2.CancelImageLaunchPermission': byOne('ImageId', 'image', {
      owner: 'OperationNotPermitted',
      shared: 'ok',
      organization: 'OperationNotPermitted',
      public: 'OperationNotPermitted',
    }),
    'ec2.CopyImage': byOne('SourceImageId', 'image', {
      // To launch it is one thing, to read what it is of another.
      seen: 'InvalidRequest',
      with: { Name: 'made by the matrix', SourceRegion: 'us-east-1' },
      needs: { SourceImageId: 'image' },
      plain: ['Name'],
      names: [kmsKeyId],
    }),
    'ec2.CreateImage': {
      with: { Name: 'made by the matrix' },
      plain: ['Name'],
      needs: { InstanceId: 'instance' },
      names: [
        { path: 'InstanceId', noun: 'instance' },
        {
          path: 'BlockDeviceMappings.Ebs.SnapshotId',
          noun: 'snapshot',
          seen: 'ok',
          with: { BlockDeviceMappings: [{ DeviceName: '/dev/sdz' }] },
        },
      ],
    },
    'ec2.DeregisterImage': byOne('ImageId', 'image', ownImage),
    'ec2.DescribeImageAttribute': byOne('ImageId', 'image', {
      ...ownImage,
      with: { Attribute: 'launchPermission' },
    }),
    'ec2.DescribeFastLaunchImages': byOne('ImageIds', 'image', { seen: 'ok' }),
    'ec2.DescribeImages': byOne('ImageIds', 'image', { seen: 'ok' }),
    'ec2.DescribeInstanceImageMetadata': byOne('InstanceIds', 'instance'),
    'ec2.DisableAllowedImagesSettings': ownOnly,
    'ec2.DisableImage': byOne('ImageId', 'image', ownImage),
    'ec2.DisableImageBlockPublicAccess': ownOnly,
    'ec2.DisableImageDeprecation': byOne('ImageId', 'image', ownImage),
    'ec2.DisableImageDeregistrationProtection': byOne('ImageId', 'image', ownImage),
    'ec2.EnableAllowedImagesSettings': { with: { AllowedImagesSettingsState: 'enabled' } },
    'ec2.EnableImage': byOne('ImageId', 'image', ownImage),
    'ec2.EnableImageBlockPublicAccess': {
      with: { ImageBlockPublicAccessState: 'block-new-sharing' },
    },
    'ec2.EnableImageDeprecation': byOne('ImageId', 'image', {
      ...ownImage,
      with: { DeprecateAt: '2027-01-01T00:00:00Z' },
    }),
    'ec2.EnableImageDeregistrationProtection': byOne('ImageId', 'image', ownImage),
    'ec2.GetAllowedImagesSettings': ownOnly,
    'ec2.GetImageBlockPublicAccessState': ownOnly,
    'ec2.ModifyImageAttribute': byOne('ImageId', 'image', {
      ...ownImage,
      with: { LaunchPermission: { Add: [{ UserId: '999999999999' }] } },
    }),
    'ec2.RegisterImage': {
      with: {
        Name: 'made by the matrix',
        Architecture: 'x86_64',
        VirtualizationType: 'hvm',
        RootDeviceName: '/dev/xvda',
      },
      plain: ['Name', 'RootDeviceName'],
      names: [
        {
          path: 'BlockDeviceMappings.Ebs.SnapshotId',
          noun: 'snapshot',
          seen: 'ok',
          with: { BlockDeviceMappings: [{ DeviceName: '/dev/xvda' }] },
        },
      ],
    },
    'ec2.ReplaceImageCriteriaInAllowedImagesSettings': { plain: ['ImageCriteria.ImageNames'] },
    'ec2.ReplaceImageInstanceTypeSpecification': byOne('ImageId', 'image', ownImage),
    'ec2.ResetImageAttribute': byOne('ImageId', 'image', {
      ...ownImage,
      with: { Attribute: 'launchPermission' },
    }),
  },
};
