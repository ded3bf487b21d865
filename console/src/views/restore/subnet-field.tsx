/** Where a restored machine is to be: one of the subnets that there are. */
import { useId } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import { nameOf } from '../../parts/tags.tsx';
import { withChosen } from '../../parts/with-chosen.ts';
import { restoreText as text } from '../../text/restore.ts';

interface Props {
  /** Empty: as it was. */
  value: string;
  onChange(subnetId: string): void;
}

const shownMax = 1000;

export function SubnetField({ value, onChange }: Props) {
  const id = useId();
  const asking = { tables: ['instances'], pageSize: shownMax } as const;
  const found = usePages('ec2', 'DescribeSubnets', {}, asking);
  const subnets = found.data?.pages.flatMap(({ Subnets = [] }) => Subnets) ?? [];
  const words = new Map(subnets.map((subnet) => [subnet.SubnetId ?? '', wordsOf(subnet)]));
  return (
    <div class="field">
      <label for={id}>{text.wishes.subnet.label}</label>
      <select
        id={id}
        value={value}
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        <option value="">{text.asItWas}</option>
        {withChosen([...words.keys()], value).map((subnet) => (
          <option key={subnet} value={subnet}>
            {words.get(subnet) ?? subnet}
          </option>
        ))}
      </select>
      <small id={`${id}-hint`} class="hint">
        {text.wishes.subnet.hint}
      </small>
    </div>
  );
}

interface Subnet {
  SubnetId?: string;
  CidrBlock?: string;
  AvailabilityZone?: string;
  AvailableIpAddressCount?: number;
  Tags?: { Key?: string; Value?: string }[];
}

function wordsOf({ SubnetId = '', CidrBlock = '', Tags, ...where }: Subnet): string {
  const { AvailabilityZone = '', AvailableIpAddressCount = 0 } = where;
  const place = text.subnetOf(CidrBlock, AvailabilityZone, AvailableIpAddressCount);
  return `${nameOf(Tags) || SubnetId}: ${place}`;
}
