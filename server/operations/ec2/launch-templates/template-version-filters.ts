/** EC2's filters of launch template versions: most of them by what the version says of a launch. */
import type { RequestLaunchTemplateData } from '../../../../api/generated/ec2-types.ts';
import type {
  LaunchTemplateRow,
  LaunchTemplateVersionRow,
} from '../../../catalog/rows/launch-template.ts';
import type { FilterTable } from '../../../domain/filters.ts';

export interface TemplateVersion {
  /** The version's row id: the order of pages. */
  id: string;
  row: LaunchTemplateVersionRow;
  template: LaunchTemplateRow;
}

const of =
  (value: (data: RequestLaunchTemplateData) => string | number | boolean | undefined) =>
  ({ row }: TemplateVersion) => {
    const found = value(row.data);
    return found === undefined ? undefined : String(found);
  };

export const templateVersionFilters: FilterTable<TemplateVersion> = {
  values: {
    'create-time': ({ row }) => row.createdAt,
    'ebs-optimized': of((data) => data.EbsOptimized),
    'http-endpoint': of((data) => data.MetadataOptions?.HttpEndpoint),
    'http-protocol-ipv4': of((data) => data.MetadataOptions?.HttpEndpoint),
    'http-tokens': of((data) => data.MetadataOptions?.HttpTokens),
    'image-id': of((data) => data.ImageId),
    'instance-type': of((data) => data.InstanceType),
    'is-default-version': ({ row, template }) => String(row.number === template.defaultVersion),
    'network-card-index': ({ row }) => {
      const { NetworkInterfaces = [] }: RequestLaunchTemplateData = row.data;
      return NetworkInterfaces.flatMap(({ NetworkCardIndex: index }) =>
        index === undefined ? [] : [String(index)],
      );
    },
  },
  absent: [
    'host-resource-group-arn',
    'iam-instance-profile',
    'kernel-id',
    'license-configuration-arn',
    'ram-disk-id',
  ],
};
