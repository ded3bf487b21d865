/**
 * A launch: with what is filled in beforehand it takes one click. Beside the form the same as a
 * command of aws-cli and a block of Terraform, always as the form is.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { go, href, type Route } from '../../route.ts';
import { launchText as text } from '../../text/launch.ts';
import { AsCode } from './as-code.tsx';
import { GroupsField } from './groups-field.tsx';
import { ImageField } from './image-field.tsx';
import { KeyField } from './key-field.tsx';
import { TypeField } from './type-field.tsx';
import { UserDataField } from './user-data-field.tsx';
import { nothingWanted, requestOf, type Wanted } from './wanted.ts';

export function LaunchView({ route }: { route: Route }) {
  const [wanted, setWanted] = useState<Wanted>({
    ...nothingWanted,
    imageId: route.query.get('image') ?? '',
  });
  const change = (part: Partial<Wanted>) => setWanted((now) => ({ ...now, ...part }));
  const run = useChange('ec2', 'RunInstances');
  const launch = async (event: Event) => {
    event.preventDefault();
    const { Instances = [] } = await run.mutateAsync(requestOf(wanted));
    const [first] = Instances;
    go(
      href([
        'instances',
        ...(Instances.length === 1 && first?.InstanceId ? [first.InstanceId] : []),
      ]),
    );
  };
  const root = useRoot(wanted.imageId);
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <form class="columns" onSubmit={(event) => void launch(event).catch(() => {})}>
        <div>
          <ImageField value={wanted.imageId} onChange={(imageId) => change({ imageId })} />
          <Field label={text.name} value={wanted.name} onText={(name) => change({ name })} />
          <TypeField
            value={wanted.instanceType}
            onChange={(instanceType) => change({ instanceType })}
          />
          <Field
            label={text.count}
            type="number"
            min={1}
            max={100}
            value={wanted.count}
            onText={(count) => change({ count: Number(count) })}
          />
          <KeyField value={wanted.keyName} onChange={(keyName) => change({ keyName })} />
          <GroupsField value={wanted.groupIds} onChange={(groupIds) => change({ groupIds })} />
          <Field
            label={text.root}
            hint={root && text.rootHint(root.sizeGiB)}
            type="number"
            min={root?.sizeGiB ?? 1}
            value={wanted.rootGiB}
            onText={(rootGiB) => change({ rootGiB, rootDevice: root?.device })}
          />
          <UserDataField value={wanted.userData} onChange={(userData) => change({ userData })} />
        </div>
        <aside>
          {run.error && <Problem error={run.error} />}
          <button type="submit" class="main" disabled={run.isPending || !wanted.imageId}>
            {run.isPending ? text.launching : text.launch}
          </button>
          <AsCode wanted={wanted} />
        </aside>
      </form>
    </>
  );
}

/** The image's root volume. */
function useRoot(imageId: string): { device: string; sizeGiB: number } | undefined {
  const images = useAction(
    'ec2',
    'DescribeImages',
    { ImageIds: [imageId] },
    {
      tables: ['images'],
      enabled: imageId !== '',
    },
  );
  const image = images.data?.Images?.[0];
  const device = image?.RootDeviceName;
  const mapping = image?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === device);
  return device && mapping ? { device, sizeGiB: mapping.Ebs?.VolumeSize ?? 1 } : undefined;
}
