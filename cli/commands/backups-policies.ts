/** `imago backups policies …`: policies that forget backups by restic's rules, at their times. */
import type { ForgetPolicy } from '../../api/imago-forget-policies.ts';
import type { Wire } from '../../api/wire.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { type KeepOptions, keepRulesOf, keptBy } from '../keep-rules.ts';
import { minuteOf } from '../moment.ts';
import { scheduleOf } from './backups-simulate.ts';

export interface PolicyOptions extends KeepOptions {
  source?: string[];
  tag?: string[];
  every?: string;
  cron?: string;
  disabled?: boolean;
}

export async function policiesListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const { Policies: policies } = await connect(context).imago('DescribeForgetPolicies', {});
  if (output.json) return output.document(policies);
  if (policies.length === 0) return output.line('There are no policies that forget backups.');
  output.table(
    ['NEXT', 'LAST', 'KEEPS'],
    policies.flatMap((policy) => [headingOf(policy), cellsOf(policy)]),
  );
}

function headingOf({ PolicyName, SourceIds = [], TargetTags = [] }: Wire<ForgetPolicy>): string {
  const tags = TargetTags.map(({ Key, Value }) => `${Key}=${Value}`);
  return `${PolicyName}, of ${[...SourceIds, ...tags].join(', ')}`;
}

function cellsOf(policy: Wire<ForgetPolicy>): string[] {
  const { NextRunTime, LastRun } = policy;
  const refused = LastRun && LastRun.Refused > 0 ? `, ${LastRun.Refused} could not be` : '';
  const last = LastRun && `${minuteOf(LastRun.Time)}: ${LastRun.Removed} removed${refused}`;
  const next = NextRunTime ? minuteOf(NextRunTime) : 'disabled';
  return [next, last ?? '', keptBy(policy)];
}

export async function policyPutCommand(
  context: CommandContext,
  name: string,
  options: PolicyOptions,
): Promise<void> {
  const { output } = context;
  if (options.source === undefined && options.tag === undefined) {
    throw new CommandError(
      `It is not said of what ${name} forgets backups.`,
      'Name machines and volumes by --source, or what has a tag by --tag key=value.',
      2,
    );
  }
  const answer = await connect(context).imago('PutForgetPolicy', {
    PolicyName: name,
    SourceIds: options.source,
    TargetTags: options.tag?.map(tagOf),
    ...keepRulesOf(options),
    Schedule: scheduleOf(options),
    Enabled: !options.disabled,
  });
  const { Policy: policy } = answer;
  if (output.json) return output.document(policy);
  const next = policy.NextRunTime
    ? `forgets at ${minuteOf(policy.NextRunTime)} next`
    : 'is at rest';
  output.line(
    `${name} ${next}. See what it would do: imago backups forget i-… --policy ${name} -n`,
  );
}

export async function policyDeleteCommand(context: CommandContext, name: string): Promise<void> {
  await connect(context).imago('DeleteForgetPolicy', { PolicyName: name });
  if (context.output.json) context.output.document({ PolicyName: name });
  else context.output.line(`${name} is gone; the backups stay.`);
}

function tagOf(text: string) {
  const end = text.indexOf('=');
  if (end > 0) return { Key: text.slice(0, end), Value: text.slice(end + 1) };
  throw new CommandError(`--tag ${text} is no tag.`, 'Give key=value.', 2);
}
