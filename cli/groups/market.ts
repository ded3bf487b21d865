/** `imago market …`: products of the marketplace, for vendors and for those who subscribe. */
import { type Command, command, contextOf } from '../command-line.ts';
import { addCheck } from './image-check.ts';

const code = '<product-code>';
const example = 'a1b2c3d4e5f6g7h8i9j0k1l2m';

export function addMarket(program: Command): void {
  const market = program
    .command('market')
    .description('Publish images as products, and subscribe to those of others.')
    .addHelpText(
      'after',
      '\nThe images of all products: aws ec2 describe-images --owners aws-marketplace\n' +
        'Prices and terms are the vendor’s words; nothing is charged here.',
    );
  addVendors(market);
  command(market, 'list', 'List the products.', ['imago market list', 'imago market list --json'])
    .ofAccount()
    .action(async (options) => {
      const { marketListCommand } = await import('../commands/market.ts');
      await marketListCommand(contextOf(options));
    });
  command(market, `show ${code}`, 'Show a product with its terms and versions.', [
    `imago market show ${example}`,
  ])
    .ofAccount()
    .action(async (id, options) => {
      const { marketShowCommand } = await import('../commands/market.ts');
      await marketShowCommand(contextOf(options), id);
    });
  for (const [word, action, summary] of [
    ['subscribe', 'SubscribeProduct', 'Accept a product’s terms: the account may launch it.'],
    ['unsubscribe', 'UnsubscribeProduct', 'Launch nothing of a product any more.'],
  ] as const) {
    command(market, `${word} ${code}`, summary, [`imago market ${word} ${example} --account ci`])
      .ofAccount()
      .action(async (id, options) => {
        const { marketChangeCommand } = await import('../commands/market.ts');
        await marketChangeCommand(contextOf(options), id, action);
      });
  }
}

function addVendors(market: Command): void {
  addCheck(market, 'market');
  command(market, 'publish <ami>', 'Check an image of yours and publish it as a product.', [
    'imago market publish ami-0123456789abcdef0 --title "Web server"',
    `imago market publish ami-0123456789abcdef0 --product-code ${example} --product-version 1.1`,
  ])
    .option('--product-code <code>', 'product that it is a version of (default: a new one)')
    .option('--title <text>', 'what the product is called; a new one needs it')
    .option('--description <text>', 'what it is')
    .option('--price <text>', 'what it costs, in your words')
    .option('--terms <text>', 'what subscribers accept')
    .option('--product-version <name>', 'what this version is called (default: its number)')
    .inRegion()
    .action(async (image, options) => {
      const { marketPublishCommand } = await import('../commands/market.ts');
      await marketPublishCommand(contextOf(options), image, options);
    });
  command(market, `retire ${code}`, 'Offer a product no more; its subscribers go on.', [
    `imago market retire ${example}`,
  ])
    .ofAccount()
    .action(async (id, options) => {
      const { marketChangeCommand } = await import('../commands/market.ts');
      await marketChangeCommand(contextOf(options), id, 'RetireProduct');
    });
}
