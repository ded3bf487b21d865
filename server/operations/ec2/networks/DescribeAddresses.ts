/**
 * Elastic IP addresses, of which an account has none: none can be allocated here. Clients ask for
 * them beside every instance (libcloud, Ansible, Terraform), so each answer is EC2's for such an
 * account.
 */
import type {
  DescribeAddressesRequest,
  DescribeAddressesResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import type { Operation } from '../../operation.ts';

const none = () => undefined;

const filters: FilterTable<never> = {
  tags: () => ({}),
  values: {
    'allocation-id': none,
    'association-id': none,
    'instance-id': none,
    'network-border-group': none,
    'network-interface-id': none,
    'network-interface-owner-id': none,
    'private-ip-address': none,
    'public-ip': none,
  },
};

export const describeAddresses: Operation<DescribeAddressesRequest, DescribeAddressesResult> = {
  accepts: ['PublicIps', 'AllocationIds', 'Filters'],
  async run({ PublicIps: [address] = [], AllocationIds: [allocation] = [], Filters }) {
    rowFilter(Filters, filters);
    if (address !== undefined) {
      throw new ServiceError('InvalidAddress.NotFound', `Address '${address}' not found.`);
    }
    if (allocation !== undefined) {
      const message = `The allocation ID '${allocation}' does not exist`;
      throw new ServiceError('InvalidAllocationID.NotFound', message);
    }
    return { Addresses: [] };
  },
};
