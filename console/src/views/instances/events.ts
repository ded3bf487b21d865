/** What happened to an instance, newest first, of what the API still tells. */
import type { Output } from '../../api/wire.ts';
import { instanceEventsText as text } from '../../text/instance.ts';
import type { Instance } from './instance.ts';

type Replacement = NonNullable<
  Output<'ec2', 'DescribeReplaceRootVolumeTasks'>['ReplaceRootVolumeTasks']
>[number];
type Capture = NonNullable<Output<'ec2', 'DescribeImages'>['Images']>[number];

export interface InstanceEvent {
  /** ISO 8601. */
  at: string;
  what: string;
  /** Of another thing that has to do with it. */
  id?: string;
  state?: string;
}

export interface Told {
  instance: Instance;
  replacements: readonly Replacement[];
  captures: readonly Capture[];
}

export function eventsOf({ instance, replacements, captures }: Told): InstanceEvent[] {
  const { LaunchTime, State, StateReason, BlockDeviceMappings = [] } = instance;
  const events: InstanceEvent[] = [
    ...(LaunchTime ? [{ at: LaunchTime, what: text.started, id: instance.ImageId }] : []),
    ...stopOf(instance).map((at) => ({
      at,
      what: StateReason?.Message ?? text.stateChanged,
      state: State?.Name,
    })),
    ...BlockDeviceMappings.map(({ DeviceName = '', Ebs }) => ({
      at: Ebs?.AttachTime ?? '',
      what: text.attached(DeviceName),
      id: Ebs?.VolumeId,
      state: Ebs?.Status,
    })),
    ...replacements.map(({ StartTime = '', TaskState, SnapshotId, ImageId }) => ({
      at: iso(StartTime),
      what: text.rootReplaced,
      id: SnapshotId ?? ImageId,
      state: TaskState,
    })),
    ...captures.map(({ CreationDate = '', ImageId, State: state }) => ({
      at: CreationDate,
      what: text.captured,
      id: ImageId,
      state,
    })),
  ];
  return events.filter(({ at }) => at !== '').sort((a, b) => b.at.localeCompare(a.at));
}

/** EC2 says when a state was asked for in the reason's own words: `… (2026-11-25 23:45:18 GMT)`. */
function stopOf({ StateTransitionReason = '' }: Instance): string[] {
  const [, moment] = /\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)$/.exec(StateTransitionReason) ?? [];
  return moment ? [iso(`${moment.replace(' ', 'T')}Z`)] : [];
}

/** All in one form, so that they can be compared. */
const iso = (time: string) => (Number.isNaN(Date.parse(time)) ? '' : new Date(time).toISOString());
