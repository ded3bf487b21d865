/** `imago provider publish|list|retire`: images of the provider. */
import { Client } from '../client.ts';
import { type CommandContext, connect } from '../context.ts';

interface InRegion {
  region?: string;
}

export async function providerPublishCommand(
  context: CommandContext,
  image: string,
  options: InRegion & { name: string; description?: string },
): Promise<void> {
  const answer = await clientOf(context, options).imago('PublishProviderImage', {
    ImageId: image,
    Name: options.name,
    Description: options.description,
  });
  const { output } = context;
  if (output.json) return output.document(answer);
  const { Image: made } = answer;
  output.line(`${image} is version ${made.Version} of ${made.Name} as ${made.ImageId}.`);
  for (const name of made.Parameters) output.line(`Launch it as resolve:ssm:${name}`);
}

export async function providerListCommand(
  context: CommandContext,
  options: InRegion,
): Promise<void> {
  const { output } = context;
  const answer = await clientOf(context, options).imago('ListProviderImages', {});
  if (output.json) return output.document(answer);
  if (answer.Images.length === 0) return output.line('There are no images of the provider.');
  output.table(
    ['NAME', 'VERSION', 'IMAGE', 'REGION', 'CREATED', ''],
    answer.Images.map((each) => [
      each.Name,
      String(each.Version),
      each.ImageId,
      each.Region,
      String(each.CreateDate),
      each.Retired ? 'retired' : '',
    ]),
  );
}

export async function providerRetireCommand(
  context: CommandContext,
  image: string,
  options: InRegion,
): Promise<void> {
  const { output } = context;
  const client = clientOf(context, options);
  const answer = await client.imago('RetireProviderImage', { ImageId: image });
  if (output.json) return output.document(answer);
  const { Name, Version } = answer.Image;
  output.line(`${image}, version ${Version} of ${Name}, is deprecated; who knows it launches it.`);
}

function clientOf(context: CommandContext, { region }: InRegion): Client {
  const client = connect(context);
  return region === undefined ? client : new Client({ ...client.connection, region });
}
