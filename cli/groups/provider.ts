/** `imago provider …`: images that an operator publishes as the provider's. */
import { type Command, command, contextOf } from '../command-line.ts';

export function addProvider(program: Command): void {
  const provider = program
    .command('provider')
    .description('Publish images as the provider’s, whom everybody trusts (operators).')
    .addHelpText(
      'after',
      '\nThey are listed by: aws ec2 describe-images --owners amazon\n' +
        'and launched by: aws ec2 run-instances --image-id resolve:ssm:/aws/service/imago/NAME/latest/amd64',
    );
  command(provider, 'publish <ami>', 'Make an image of yours the newest of the provider’s.', [
    'imago provider publish ami-0123456789abcdef0 --name web',
  ])
    .requiredOption('--name <name>', 'what it is a version of')
    .option('--description <text>', 'what it is (default: the image’s own description)')
    .inRegion()
    .action(async (image, options) => {
      const { providerPublishCommand } = await import('../commands/provider.ts');
      await providerPublishCommand(contextOf(options), image, options);
    });
  command(provider, 'list', 'List the provider’s images.', ['imago provider list'])
    .inRegion()
    .action(async (options) => {
      const { providerListCommand } = await import('../commands/provider.ts');
      await providerListCommand(contextOf(options));
    });
  command(provider, 'retire <ami>', 'Deprecate an image of the provider’s.', [
    'imago provider retire ami-0123456789abcdef0',
  ])
    .inRegion()
    .action(async (image, options) => {
      const { providerRetireCommand } = await import('../commands/provider.ts');
      await providerRetireCommand(contextOf(options), image);
    });
}
