/** `imago instances list`: all instances of the caller, the terminated ones too while they are remembered. */
import { type CommandContext, connect } from '../context.ts';

export async function instancesListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const answer = await connect(context).ec2('DescribeInstances', {});
  if (output.json) return output.document(answer);
  const instances = (answer.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  if (instances.length === 0) {
    output.line('There are no instances. Launch one: aws ec2 run-instances --image-id ami-…');
    return;
  }
  output.table(
    ['INSTANCE', 'NAME', 'STATE', 'TYPE', 'IMAGE', 'PUBLIC IP', 'PRIVATE IP'],
    instances.map((instance) => [
      instance.InstanceId ?? '',
      instance.Tags?.find(({ Key }) => Key === 'Name')?.Value ?? '',
      instance.State?.Name ?? '',
      instance.InstanceType ?? '',
      instance.ImageId ?? '',
      instance.PublicIpAddress ?? '',
      instance.PrivateIpAddress ?? '',
    ]),
  );
}
