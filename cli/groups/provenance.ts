/** `imago images …`, as far as it is about where an image comes from and who vouches for it. */
import { type Command, command, contextOf, repeated } from '../command-line.ts';

export function addProvenance(images: Command): void {
  addSignatures(images);
  addKeys(images);
  command(
    images,
    'lineage <ami>',
    'What an image was made of and what was made of it, and what speaks against any of it.',
    ['imago images lineage ami-…'],
  )
    .inRegion()
    .action(async (ami, options) => {
      const { imagesLineageCommand } = await import('../commands/images-lineage.ts');
      await imagesLineageCommand(contextOf(options), ami);
    });
}

function addSignatures(images: Command): void {
  command(
    images,
    'manifest <ami>',
    'What an image is, in the one text that is signed; to a file, with its signature beside it.',
    [
      'imago images manifest ami-…',
      'imago images manifest ami-… --out web.json && minisign -V -m web.json -P RWQ…',
    ],
  )
    .option('--out <file>', 'write it there, and the owner’s signature to <file>.minisig')
    .inRegion()
    .action(async (ami, options) => {
      const { imagesManifestCommand } = await import('../commands/images-manifest.ts');
      await imagesManifestCommand(contextOf(options), ami, options);
    });
  command(
    images,
    'verify <ami>',
    'Whether an image is what its manifest says, and who has signed it; fails where it is not.',
    ['imago images verify ami-…', 'imago images verify ami-… --key RWQ… --blocks'],
  )
    .option('--blocks', 'read each of its blocks, whether it is what it is named after')
    .option('--key <key>', 'a public key that has to have signed it, may be repeated', repeated)
    .inRegion()
    .action(async (ami, options) => {
      const { imagesVerifyCommand } = await import('../commands/images-verify.ts');
      await imagesVerifyCommand(contextOf(options), ami, options);
    });
  command(images, 'sign <ami>', 'Sign an image that you see; your own anew.', [
    'imago images sign ami-…',
  ])
    .inRegion()
    .action(async (ami, options) => {
      const { imagesSignCommand } = await import('../commands/images-sign.ts');
      await imagesSignCommand(contextOf(options), ami);
    });
}

function addKeys(images: Command): void {
  command(images, 'signing-keys', 'The keys by which your account signs images.', [
    'imago images signing-keys',
    'imago images signing-keys --rotate',
  ])
    .option('--rotate', 'make a new one, which signs from now on')
    .ofAccount()
    .action(async (options) => {
      const { imagesSigningKeysCommand } = await import('../commands/images-signing-keys.ts');
      await imagesSigningKeysCommand(contextOf(options), options);
    });
  command(
    images,
    'launch-policy',
    'Whose signature an image needs to be launched by your account, in a region.',
    [
      'imago images launch-policy',
      'imago images launch-policy --signed-by 111122223333 --signed-by RWQ…',
      'imago images launch-policy --delete',
    ],
  )
    .option('--signed-by <who>', 'an account or a public key, may be repeated', repeated)
    .option('--delete', 'let any image start again')
    .inRegion()
    .action(async (options) => {
      const { imagesLaunchPolicyCommand } = await import('../commands/images-launch-policy.ts');
      await imagesLaunchPolicyCommand(contextOf(options), options);
    });
}
