/** `imago images ls` and the like: what is in an image, read by the server without booting it. */
import { type Command, command, contextOf } from '../command-line.ts';

export function addImageContents(images: Command): void {
  addFolders(images);
  addFiles(images);
  addWhole(images);
  command(images, 'packages <ami>', 'List the packages that are installed in an image.', [
    'imago images packages ami-…',
    'imago images packages ami-… --licenses',
    'imago images packages ami-… --json',
  ])
    .option('--licenses', 'with their licences, as far as they are known')
    .inRegion()
    .action(async (ami, options) => {
      const { imagesPackagesCommand } = await import('../commands/images-packages.ts');
      await imagesPackagesCommand(contextOf(options), ami, options);
    });
}

function addFolders(images: Command): void {
  command(images, 'ls <ami> [path]', 'List a folder of an image.', [
    'imago images ls ami-…',
    'imago images ls ami-… /boot/efi',
  ])
    .inRegion()
    .action(async (ami, path, options) => {
      const { imagesLsCommand } = await import('../commands/images-files.ts');
      await imagesLsCommand(contextOf(options), ami, path);
    });
  command(images, 'find <ami> [path]', 'List all that is below a folder of an image.', [
    'imago images find ami-… /etc',
    "imago images find ami-… --name '*.pem' --type f",
    'imago images find ami-… /usr --depth 2 --type d',
  ])
    .option('--name <pattern>', 'only what is called so: *, ? and […] as in a shell')
    .option('--type <letter>', 'only of this kind: f, d, l, c, b, p or s')
    .option('--depth <number>', 'how many folders deep (default: all)', Number)
    .inRegion()
    .action(async (ami, path, options) => {
      const { imagesFindCommand } = await import('../commands/images-files.ts');
      await imagesFindCommand(contextOf(options), ami, path, options);
    });
}

function addFiles(images: Command): void {
  command(images, 'stat <ami> <path>', 'Tell all about a file of an image.', [
    'imago images stat ami-… /usr/bin/sudo',
    'imago images stat ami-… /usr/bin/sudo --sha256 --json',
  ])
    .option('--sha256', 'with the SHA-256 of what it holds')
    .option('--follow', 'of a link, what it leads to')
    .inRegion()
    .action(async (ami, path, options) => {
      const { imagesStatCommand } = await import('../commands/images-files.ts');
      await imagesStatCommand(contextOf(options), ami, path, options);
    });
  command(images, 'cat <ami> <path>', 'Write a file of an image to the output.', [
    'imago images cat ami-… /etc/os-release',
    'imago images cat ami-… /boot/vmlinuz > vmlinuz',
  ])
    .inRegion()
    .action(async (ami, path, options) => {
      const { imagesCatCommand } = await import('../commands/images-files.ts');
      await imagesCatCommand(contextOf(options), ami, path);
    });
}

/** All in all. */
function addWhole(images: Command): void {
  command(images, 'inspect <ami>', 'Tell what system is in an image, and who gets into it.', [
    'imago images inspect ami-…',
    'imago images inspect ami-… --no-sizes --json',
  ])
    .option('--no-sizes', 'do not go through all files for how much is in which folder')
    .inRegion()
    .action(async (ami, options) => {
      const { imagesInspectCommand } = await import('../commands/images-inspect.ts');
      await imagesInspectCommand(contextOf(options), ami, options);
    });
  command(images, 'sbom <ami>', 'Write the bill of materials of an image.', [
    'imago images sbom ami-… --format cyclonedx > bom.json',
    'imago images sbom ami-… --format spdx > image.spdx.json',
  ])
    .requiredOption('--format <format>', 'cyclonedx (1.6) or spdx (2.3), as JSON')
    .inRegion()
    .action(async (ami, options) => {
      const { imagesSbomCommand } = await import('../commands/images-sbom.ts');
      await imagesSbomCommand(contextOf(options), ami, options);
    });
  command(images, 'diff <ami> <other-ami>', 'Tell in what two images differ.', [
    'imago images diff ami-… ami-…',
    'imago images diff ami-… ami-… --all --no-text',
    'imago images diff ami-… ami-… --json && echo the same',
  ])
    .option('--all', 'with the files of packages that were added, removed or upgraded')
    .option('--no-text', 'without what differs in configuration')
    .inRegion()
    .addHelpText(
      'after',
      '\nIt ends with 0 where nothing differs, and with 1 where something does.',
    )
    .action(async (ami, other, options) => {
      const { imagesDiffCommand } = await import('../commands/images-diff.ts');
      await imagesDiffCommand(contextOf(options), ami, other, options);
    });
}

/** Of an instance, beside its image. */
export function addDrift(instances: Command): void {
  command(instances, 'drift <instance>', 'Tell in what an instance differs from its image.', [
    'imago instances drift i-…',
    'imago instances drift i-… --json && echo as it was',
  ])
    .option('--all', 'with the files of packages that were added, removed or upgraded')
    .option('--no-text', 'without what differs in configuration')
    .inRegion()
    .addHelpText(
      'after',
      '\nIt is not paused: what it has not written to its disks yet is not told. It ends with 0 where\n' +
        'nothing differs, and with 1 where something does.',
    )
    .action(async (instance, options) => {
      const { instancesDriftCommand } = await import('../commands/instances-drift.ts');
      await instancesDriftCommand(contextOf(options), instance, options);
    });
}
