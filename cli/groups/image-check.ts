/** `imago images check`, which is `imago market check`, too: vendors find it beside publishing. */
import { Option } from 'commander';
import { type Command, command, contextOf } from '../command-line.ts';

export function addCheck(group: Command, name: 'images' | 'market'): void {
  command(group, 'check <ami>', 'Look for what must not be left in an image of yours.', [
    `imago ${name} check ami-0123456789abcdef0`,
    `imago ${name} check ami-0123456789abcdef0 --fail-on medium --json`,
  ])
    .addOption(
      new Option('--fail-on <severity>', 'end with 1 where something of it or worse is found')
        .choices(['low', 'medium', 'high', 'critical', 'never'])
        .default('high'),
    )
    .inRegion()
    .action(async (image, options) => {
      const { imagesCheckCommand } = await import('../commands/images-check.ts');
      await imagesCheckCommand(contextOf(options), image, options);
    });
}
