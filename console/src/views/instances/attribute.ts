/** Attributes of an instance that only the API's own action for them tells. */
import { useAction } from '../../api/queries.ts';

type Name =
  | 'userData'
  | 'disableApiTermination'
  | 'disableApiStop'
  | 'instanceInitiatedShutdownBehavior';

export function useAttribute(InstanceId: string, Attribute: Name) {
  const input = { InstanceId, Attribute };
  return useAction('ec2', 'DescribeInstanceAttribute', input, { tables: ['instances'] }).data;
}
