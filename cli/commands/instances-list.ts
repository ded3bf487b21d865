/**
 * `imago instances list`: all instances of the caller, the terminated ones too while they are
 * remembered, with what became of those that Imago itself had to end.
 */
import type { Instance } from '../../api/generated/ec2-types.ts';
import type { OpenPort } from '../../api/imago-instances.ts';
import type { Wire } from '../../api/wire.ts';
import type { Client } from '../client.ts';
import { type CommandContext, connect } from '../context.ts';
import { harmlessLine } from '../terminal-text.ts';

export async function instancesListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const answer = await client.ec2('DescribeInstances', {});
  if (output.json) return output.document(answer);
  const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  if (instances.length === 0) {
    output.line('There are no instances. Launch one: aws ec2 run-instances --image-id ami-…');
    return;
  }
  const ports = await openPorts(client, instances);
  output.table(
    ['INSTANCE', 'NAME', 'STATE', 'TYPE', 'IMAGE', 'PUBLIC IP', 'PORTS', 'PRIVATE IP'],
    instances.map((instance) => [
      instance.InstanceId ?? '',
      instance.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? '',
      instance.State?.Name ?? '',
      instance.InstanceType ?? '',
      instance.ImageId ?? '',
      instance.PublicIpAddress ?? '',
      (ports.get(instance.InstanceId) ?? []).map(portText).join(' '),
      instance.PrivateIpAddress ?? '',
    ]),
  );
  for (const { InstanceId, StateReason } of instances) {
    if (!StateReason?.Code?.startsWith('Server.')) continue;
    output.line(harmlessLine(`${InstanceId}: ${StateReason.Message} (${StateReason.Code})`));
  }
}

/** By instance, of those that run. */
async function openPorts(
  client: Client,
  instances: Wire<Instance>[],
): Promise<Map<string | undefined, OpenPort[]>> {
  const running = instances.filter(({ State }) => State?.Name === 'running');
  const ids = running.flatMap(({ InstanceId }) => InstanceId ?? []);
  if (ids.length === 0) return new Map();
  const { Instances } = await client.imago('DescribePorts', { InstanceIds: ids });
  return new Map(Instances.map(({ InstanceId, Ports }) => [InstanceId, Ports]));
}

/** `80`, or `10022->22` where the host has it elsewhere. */
export function portText({ Protocol, HostPort, GuestPort }: OpenPort): string {
  const moved = HostPort === GuestPort ? `${GuestPort}` : `${HostPort}->${GuestPort}`;
  return Protocol === 'tcp' ? moved : `${moved}/${Protocol}`;
}
