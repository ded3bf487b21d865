/** `imago images …`: what there is to launch, and where it comes from. */
import { providerImageNames } from '../../api/imago.ts';
import { type Command, command, contextOf, jsonOption, repeated } from '../command-line.ts';
import { addImageBuilds } from './image-builds.ts';
import { addCheck } from './image-check.ts';
import { addImageContents } from './image-contents.ts';
import { addProvenance } from './provenance.ts';

export function addImages(program: Command): void {
  const images = program
    .command('images')
    .description('Build, pull, import, export and list machine images, and look into them.');
  command(
    images,
    'build <name>',
    `Build an image of a provider: ${providerImageNames.join(', ')}.`,
    [
      'imago images build micro',
      'imago images build debian-12 --region us-east-1 --region eu-central-1',
    ],
  )
    .option('--region <name>', 'where it is offered, may be repeated (default: all)', repeated)
    .addOption(jsonOption())
    .action(async (name, options) => {
      const { imagesBuildCommand } = await import('../commands/images-build.ts');
      await imagesBuildCommand(contextOf(options), name, options);
    });
  command(
    images,
    'pull [name]',
    'Fetch a vendor’s cloud image, verify its signature, and offer it (operators).',
    [
      'imago images pull --list',
      'imago images pull ubuntu-24.04',
      'imago images pull fedora-44 --from https://mirror.example/fedora/linux/releases/44/Cloud/x86_64/images/',
      'imago images pull alpine-3.24 --keyring alpine.asc',
    ],
  )
    .option('--list', 'list what can be pulled, and what it takes to verify it')
    .option('--region <name>', 'where it is offered, may be repeated (default: all)', repeated)
    .option('--from <url>', 'folder of a mirror; the signature has to be the vendor’s all the same')
    .option('--keyring <file>', 'the vendor’s public key, where no package has it')
    .ofAccount()
    .action(async (name, options) => {
      const { imagesPullCommand } = await import('../commands/images-pull.ts');
      await imagesPullCommand(contextOf(options), name, options);
    });
  command(
    images,
    'make <recipe>',
    'Make an image as a recipe says: of packages and files alone without a machine, twice the same.',
    ['imago images make web.yaml --watch', 'imago images make web.yaml --locked'],
  )
    .option('--name <name>', 'of the image (default: name and version of the recipe, and the time)')
    .option('--lock <file>', 'what it is made of, to the byte (default: beside the recipe, .lock)')
    .option('--locked', 'refuse packages other than those of the lock')
    .option('--instance-type <type>', 'of the machine that it is made in, if any', 't3.small')
    .option('--watch', 'show what is told in the machine')
    .inRegion()
    .action(async (recipe, options) => {
      const { imagesMakeCommand } = await import('../commands/images-make.ts');
      await imagesMakeCommand(contextOf(options), recipe, options);
    });
  addTransfers(images);
  addLists(images);
  addImageBuilds(images);
  addImageContents(images);
  addCheck(images, 'images');
  addProvenance(images);
}

/** Disk files in and out. */
function addTransfers(images: Command): void {
  command(
    images,
    'import <file>',
    'Make an image of a disk file: of this machine, of a folder or an address that Imago may read.',
    [
      'imago images import debian.qcow2 --format qcow2 --name debian',
      'imago images import s3://images/appliance.vmdk --format vmdk --name appliance',
      'imago images import https://mirror.example/disk.vhdx --format vhdx --name disk --boot-mode uefi',
      'imago images import secret.raw --format raw --name secret --kms-key-id alias/disks',
    ],
  )
    .requiredOption('--format <format>', 'raw, qcow2, vmdk, vhd or vhdx: it is not guessed')
    .requiredOption('--name <name>', 'name of the image')
    .option('--description <text>', 'of the image')
    .option('--boot-mode <mode>', 'legacy-bios, uefi or uefi-preferred (default: found out)')
    .option('--architecture <name>', 'of its system', 'x86_64')
    .option('--encrypted', "encrypt it with the account's default key")
    .option('--kms-key-id <key>', 'encrypt it with this key: an id, an ARN or an alias')
    .inRegion()
    .action(async (file, options) => {
      const { imagesImportCommand } = await import('../commands/images-import.ts');
      await imagesImportCommand(contextOf(options), file, options);
    });
  command(
    images,
    'export <ami> <file>',
    'Write a disk of an image to a file: of this machine, or in a folder that Imago may write to.',
    [
      'imago images export ami-… golden.qcow2 --format qcow2',
      'imago images export ami-… data.vmdk --format vmdk --disk 2',
      'imago images export ami-… s3://outgoing/weekly/ --format vhd',
    ],
  )
    .requiredOption('--format <format>', 'raw, qcow2, vmdk (stream-optimised), vhd or vhdx')
    .option('--disk <number>', 'which disk; the first is the root', Number, 1)
    .inRegion()
    .action(async (ami, file, options) => {
      const { imagesExportCommand } = await import('../commands/images-export.ts');
      await imagesExportCommand(contextOf(options), ami, file, options);
    });
}

function addLists(images: Command): void {
  command(images, 'usage', 'What images take, and what deleting one would free (operators).', [
    'imago images usage',
    'imago images usage --history',
  ])
    .option('--history', 'what all of them took, day by day')
    .ofAccount()
    .action(async (options) => {
      const { imagesUsageCommand } = await import('../commands/images-usage.ts');
      await imagesUsageCommand(contextOf(options), options);
    });
  command(images, 'list', 'List the images that you own or may launch.', ['imago images list'])
    .inRegion()
    .action(async (options) => {
      const { imagesListCommand } = await import('../commands/images-list.ts');
      await imagesListCommand(contextOf(options));
    });
}
