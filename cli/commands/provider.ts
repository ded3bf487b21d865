/** `imago provider publish|list|retire`: images of the provider. */
import { type CommandContext, connect } from '../context.ts';

export async function providerPublishCommand(
  context: CommandContext,
  image: string,
  options: { name: string; description?: string },
): Promise<void> {
  const answer = await connect(context).imago('PublishProviderImage', {
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

export async function providerListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('ListProviderImages', {});
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

export async function providerRetireCommand(context: CommandContext, image: string): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const answer = await client.imago('RetireProviderImage', { ImageId: image });
  if (output.json) return output.document(answer);
  const { Name, Version } = answer.Image;
  output.line(`${image}, version ${Version} of ${Name}, is deprecated; who knows it launches it.`);
}
