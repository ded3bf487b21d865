/** How large a machine. */
import { useId } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { withChosen } from '../../parts/with-chosen.ts';
import { launchText as text } from '../../text/launch.ts';

interface Props {
  value: string;
  /** What empty means, where it means something, too. */
  empty: string | false;
  onChange(instanceType: string): void;
}

export function TypeField({ value, empty, onChange }: Props) {
  const id = useId();
  const found = useAction('ec2', 'DescribeInstanceTypes', {}, { tables: [] });
  const types = (found.data?.InstanceTypes ?? []).toSorted(
    (a, b) => memoryOf(a) - memoryOf(b) || nameOf(a).localeCompare(nameOf(b)),
  );
  const byName = new Map(types.map((type) => [nameOf(type), type]));
  return (
    <div class="field">
      <label for={id}>{text.type}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {empty && <option value="">{empty}</option>}
        {withChosen([...byName.keys()], value).map((name) => (
          <option key={name} value={name}>
            {wordsOf(name, byName.get(name))}
          </option>
        ))}
      </select>
    </div>
  );
}

interface Type {
  InstanceType?: string;
  MemoryInfo?: { SizeInMiB?: number };
  VCpuInfo?: { DefaultVCpus?: number };
}

const wordsOf = (name: string, type: Type | undefined) =>
  type ? text.typeOf(name, type.VCpuInfo?.DefaultVCpus ?? 0, memoryOf(type)) : name;

const nameOf = ({ InstanceType = '' }: Type) => InstanceType;
const memoryOf = ({ MemoryInfo }: Type) => MemoryInfo?.SizeInMiB ?? 0;
