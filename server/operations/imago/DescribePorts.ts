import type { DescribePortsRequest, DescribePortsResult } from '../../../api/imago-instances.ts';
import { requiredInstances } from '../../domain/instances.ts';
import type { Operation } from '../operation.ts';

/**
 * Where the open ports of instances really are on the host: not all can be had at their own
 * numbers.
 */
export const describePorts: Operation<DescribePortsRequest, DescribePortsResult> = {
  accepts: ['InstanceIds'],
  async run({ InstanceIds: ids }, { catalog, caller }) {
    const rows = await catalog.read((reader) => requiredInstances(reader, caller, ids));
    return {
      Instances: rows.map(({ id, state, ports = [] }) => ({
        InstanceId: id,
        Ports: (state === 'running' ? ports : []).map((port) => ({
          Protocol: port.protocol,
          GuestPort: port.guestPort,
          HostIp: port.hostIp,
          HostPort: port.hostPort,
        })),
      })),
    };
  },
};
