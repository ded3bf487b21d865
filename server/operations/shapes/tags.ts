/** Tags as EC2 lists them. */
import type { Tag } from '../../../api/generated/ec2-types.ts';
import type { Tags } from '../../catalog/rows/row.ts';

export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
