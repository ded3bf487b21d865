/** `imago market publish|list|show|subscribe|unsubscribe|retire`: products of the marketplace. */
import type { Product } from '../../api/imago-marketplace.ts';
import type { Wire } from '../../api/wire.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { watchTask } from '../watch-task.ts';

/** Files of a large image are looked at; its blocks are not moved. */
const publishTimeoutMs = 30 * 60_000;

export interface PublishOptions {
  productCode?: string;
  title?: string;
  description?: string;
  price?: string;
  terms?: string;
  productVersion?: string;
}

export async function marketPublishCommand(
  context: CommandContext,
  image: string,
  options: PublishOptions,
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const { TaskId: id, Product: ordered } = await client.imago('PublishProduct', {
    ImageId: image,
    ProductCode: options.productCode,
    Title: options.title,
    Description: options.description,
    Price: options.price,
    Terms: options.terms,
    Version: options.productVersion,
  });
  const task = await progress.step(`Product ${ordered.ProductCode}`, async (step) => {
    const waiting = { what: `the checks of ${image}`, timeoutMs: publishTimeoutMs };
    const ended = await watchTask(client, id, step, waiting);
    if (ended.State === 'succeeded') return ended;
    throw new CommandError(
      `${image} is not published: ${ended.Error ?? 'no reason was given.'}`,
      `Correct that in an image and publish it with --product-code ${ordered.ProductCode}.`,
    );
  });
  const { Product: product } = await client.imago('DescribeProduct', {
    ProductCode: ordered.ProductCode,
  });
  if (output.json) return output.document({ Product: product, Outputs: task.Outputs });
  const [newest] = product.Versions;
  output.line(`${product.Title} ${newest?.Version} is published as ${newest?.ImageId}.`);
  output.line(`Its product code is ${product.ProductCode}.`);
}

export async function marketListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('ListProducts', {});
  if (output.json) return output.document(answer);
  if (answer.Products.length === 0) return output.line('There are no products.');
  output.table(
    ['CODE', 'TITLE', 'VENDOR', 'VERSION', 'PRICE', 'STATUS', 'SUBSCRIBED'],
    answer.Products.map((product) => [
      product.ProductCode,
      product.Title,
      product.VendorId,
      product.Versions.find(({ Status }) => Status === 'available')?.Version ?? '',
      product.Price,
      product.Status.toLowerCase(),
      product.Subscribed ? 'yes' : '',
    ]),
  );
}

export async function marketShowCommand(context: CommandContext, code: string): Promise<void> {
  const { output } = context;
  const { Product: product } = await connect(context).imago('DescribeProduct', {
    ProductCode: code,
  });
  if (output.json) return output.document({ Product: product });
  const { Title, VendorId, Status, Description, Price, Terms } = product;
  output.line(`${Title}, of account ${VendorId}, ${Status.toLowerCase()}`);
  for (const [name, text] of Object.entries({ Description, Price, Terms })) {
    if (text !== '') output.line(`${name}: ${text}`);
  }
  output.line(product.Subscribed ? 'You are subscribed.' : 'You are not subscribed.');
  output.table(
    ['VERSION', 'REGION', 'IMAGE', 'STATUS'],
    product.Versions.map((each) => [each.Version, each.Region, each.ImageId, each.Status]),
  );
}

const told: Record<string, (product: Wire<Product>) => string> = {
  SubscribeProduct: ({ Title, Terms }) =>
    `You are subscribed to ${Title}${Terms === '' ? '' : `, and have accepted its terms: ${Terms}`}.`,
  UnsubscribeProduct: ({ Title }) => `You are not subscribed to ${Title} any more.`,
  RetireProduct: ({ Title }) => `${Title} is retired.`,
};

export async function marketChangeCommand(
  context: CommandContext,
  code: string,
  action: 'SubscribeProduct' | 'UnsubscribeProduct' | 'RetireProduct',
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago(action, { ProductCode: code });
  if (output.json) return output.document(answer);
  output.line(told[action]?.(answer.Product) ?? '');
}
