/**
 * A launch: with what is filled in beforehand it takes one click. Beside the form the same as a
 * command of aws-cli and a block of Terraform, always as the form is. Nothing of it is remembered.
 */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { AsCode } from '../../parts/as-code.tsx';
import { Field } from '../../parts/field.tsx';
import { forgetting } from '../../parts/forgetting.ts';
import { Problem } from '../../parts/problem.tsx';
import { useClientToken } from '../../parts/use-client-token.ts';
import { go, href, type Route } from '../../route.ts';
import { launchText as text } from '../../text/launch.ts';
import { AtField } from './at-field.tsx';
import { awsCliOf, terraformOf } from './code-of.ts';
import { fieldOf } from './field-of.ts';
import { GroupsField } from './groups-field.tsx';
import { ImageField } from './image-field.tsx';
import { KeyField } from './key-field.tsx';
import { TemplateField, useTemplateData } from './template-field.tsx';
import { TypeField } from './type-field.tsx';
import { UserDataField } from './user-data-field.tsx';
import { VolumesField } from './volumes-field.tsx';
import { nothingWanted, requestOf, type Wanted } from './wanted.ts';

export function LaunchView({ route }: { route: Route }) {
  const [wanted, setWanted] = useState(() => wantedOf(route));
  const change = (part: Partial<Wanted>) => setWanted((now) => ({ ...now, ...part }));
  const run = useChange('ec2', 'RunInstances');
  const inTemplate = useTemplateData(wanted.templateId, wanted.templateVersion)?.ImageId;
  const root = useRoot(wanted.imageId || (inTemplate ?? ''));
  const asked = { ...wanted, rootDevice: root?.device ?? wanted.rootDevice };
  const request = requestOf(asked);
  const ClientToken = useClientToken(request);
  const launch = async (event: Event) => {
    event.preventDefault();
    const { Instances = [] } = await run.mutateAsync({ ...request, ClientToken });
    const [first] = Instances;
    const isOne = Instances.length === 1 && first?.InstanceId;
    go(href(['instances', ...(isOne ? [isOne] : [])]));
  };
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <form
        class="columns"
        onSubmit={(event) => void launch(event).catch(() => {})}
        {...forgetting(!run.isPending && run.reset)}
      >
        <Fields
          wanted={wanted}
          inTemplate={inTemplate}
          root={root}
          error={run.error}
          onChange={change}
        />
        <aside>
          {run.error &&
            (fieldOf(run.error) ? <p>{text.atField}</p> : <Problem error={run.error} />)}
          {wanted.imageId || inTemplate ? (
            <button type="submit" class="main" disabled={run.isPending}>
              {run.isPending ? text.launching : text.launch}
            </button>
          ) : (
            <ActionButton because={text.noImage} onClick={() => {}}>
              {text.launch}
            </ActionButton>
          )}
          <AsCode
            label={text.asCode}
            codes={[
              ['aws-cli', awsCliOf(request)],
              ['Terraform', terraformOf(request, asked.rootDevice)],
            ]}
          />
        </aside>
      </form>
    </>
  );
}

function wantedOf({ query }: Route): Wanted {
  const templateId = query.get('template') ?? '';
  return {
    ...nothingWanted,
    imageId: query.get('image') ?? '',
    templateId,
    templateVersion: query.get('version') ?? '',
    instanceType: templateId ? '' : nothingWanted.instanceType,
  };
}

interface FieldsProps {
  wanted: Wanted;
  inTemplate: string | undefined;
  root: Root | undefined;
  error: unknown;
  onChange(part: Partial<Wanted>): void;
}

function Fields({ wanted, inTemplate, root, error, onChange }: FieldsProps) {
  const fromTemplate = (templateId: string, templateVersion: string) =>
    onChange({
      templateId,
      templateVersion,
      instanceType: templateId ? '' : nothingWanted.instanceType,
    });
  return (
    <div>
      <AtField name="template" error={error}>
        <TemplateField
          id={wanted.templateId}
          version={wanted.templateVersion}
          onChange={fromTemplate}
        />
      </AtField>
      <AtField name="image" error={error}>
        <ImageField
          value={wanted.imageId}
          inTemplate={inTemplate}
          onChange={(imageId) => onChange({ imageId })}
        />
      </AtField>
      <Field label={text.name} value={wanted.name} onText={(name) => onChange({ name })} />
      <AtField name="type" error={error}>
        <TypeField
          value={wanted.instanceType}
          empty={wanted.templateId !== '' && text.asTemplate}
          onChange={(instanceType) => onChange({ instanceType })}
        />
      </AtField>
      <AtField name="count" error={error}>
        <Field
          label={text.count}
          type="number"
          min={1}
          max={100}
          value={wanted.count}
          onText={(count) => onChange({ count: Number(count) })}
        />
      </AtField>
      <AtField name="key" error={error}>
        <KeyField value={wanted.keyName} onChange={(keyName) => onChange({ keyName })} />
      </AtField>
      <AtField name="groups" error={error}>
        <GroupsField
          value={wanted.groupIds}
          hint={text.groupsHint}
          onChange={(groupIds) => onChange({ groupIds })}
        />
      </AtField>
      <AtField name="volumes" error={error}>
        <VolumesField root={root} value={wanted} onChange={onChange} />
      </AtField>
      <AtField name="userData" error={error}>
        <UserDataField value={wanted.userData} onChange={(userData) => onChange({ userData })} />
      </AtField>
    </div>
  );
}

interface Root {
  device: string;
  sizeGiB: number;
}

/** The image's root volume. */
function useRoot(imageId: string): Root | undefined {
  const asking = { tables: ['images'], enabled: imageId.startsWith('ami-') } as const;
  const images = useAction('ec2', 'DescribeImages', { ImageIds: [imageId] }, asking);
  const image = asking.enabled ? images.data?.Images?.[0] : undefined;
  const device = image?.RootDeviceName;
  const mapping = image?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === device);
  return device && mapping ? { device, sizeGiB: mapping.Ebs?.VolumeSize ?? 1 } : undefined;
}
