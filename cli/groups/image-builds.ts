/** `imago images …`, as far as it is about builds of recipes. */
import { accountOption, type Command, command, contextOf, regionOption } from '../command-line.ts';

export function addImageBuilds(images: Command): void {
  command(
    images,
    'build-log <arn>',
    'What a build of a recipe has told: its steps, and what its components have written.',
    ['imago images build-log arn:aws:imagebuilder:us-east-1:…:image/golden/1.0.0/1 -f'],
  )
    .option('-f, --follow', 'go on until the build is over')
    .addOption(regionOption())
    .addOption(accountOption())
    .action(async (arn, options) => {
      const { imagesBuildLogCommand } = await import('../commands/images-build-log.ts');
      await imagesBuildLogCommand(contextOf(options), arn, options);
    });
}
