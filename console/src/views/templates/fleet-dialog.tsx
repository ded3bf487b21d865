/** Launches a fleet at once from a template: so many instances, of the first types that fit. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { go, href } from '../../route.ts';
import { fleetsText as text } from '../../text/templates.ts';

export function FleetDialog({ id, onClose }: { id: string; onClose(): void }) {
  const [count, setCount] = useState('2');
  const [least, setLeast] = useState('');
  const [version, setVersion] = useState('$Default');
  const [types, setTypes] = useState('');
  const create = useChange('ec2', 'CreateFleet');
  const run = async () => {
    const wanted = types.split(/[\s,]+/).filter(Boolean);
    const answer = await create.mutateAsync({
      Type: 'instant',
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateId: id, Version: version },
          ...(wanted.length > 0 && {
            Overrides: wanted.map((InstanceType, Priority) => ({ InstanceType, Priority })),
          }),
        },
      ],
      TargetCapacitySpecification: {
        TotalTargetCapacity: Number(count),
        DefaultTargetCapacityType: 'on-demand',
      },
      ...((wanted.length > 0 || least) && {
        OnDemandOptions: {
          ...(wanted.length > 0 && { AllocationStrategy: 'prioritized' }),
          ...(least && {
            MinTargetCapacity: Number(least),
            SingleInstanceType: true,
          }),
        },
      }),
    });
    const [problem] = answer.Errors ?? [];
    if (!answer.Instances?.length && problem) throw new Error(problem.ErrorMessage);
    go(href(['templates'], { tab: 'fleets', id: answer.FleetId }));
  };
  return (
    <ActionDialog title={text.create} action={text.createNow} run={run} onClose={onClose}>
      <p>{text.createMeans}</p>
      <Field label={text.count} type="number" min={1} value={count} onText={setCount} required />
      <Field
        label={text.least}
        hint={text.leastHint}
        type="number"
        min={1}
        value={least}
        onText={setLeast}
      />
      <Field label={text.version} value={version} onText={setVersion} required />
      <Field label={text.types} hint={text.typesHint} value={types} onText={setTypes} />
    </ActionDialog>
  );
}
