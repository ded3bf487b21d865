/** `imago images packages`: what is installed in an image, by the databases of its packages. */
import { type CommandContext, connect } from '../context.ts';

export async function imagesPackagesCommand(
  context: CommandContext,
  imageId: string,
  { licenses = false }: { licenses?: boolean } = {},
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('DescribeImagePackages', {
    ImageId: imageId,
    ...(licenses && { Licenses: true }),
  });
  if (output.json) return output.document(answer);
  const { Packages: packages } = answer;
  if (packages.length === 0) {
    return output.line('There is no database of packages that is known: dpkg’s or apk’s.');
  }
  output.table(
    ['NAME', 'VERSION', 'ARCHITECTURE', 'SOURCE', ...(licenses ? ['LICENSE'] : [])],
    packages.map((each) => [
      each.Name,
      each.Version,
      each.Architecture,
      each.Source ?? each.Name,
      ...(licenses ? [each.License ?? ''] : []),
    ]),
  );
}
