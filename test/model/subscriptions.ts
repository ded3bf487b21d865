/** A product of the marketplace, and which account is subscribed to it. */
import assert from 'node:assert/strict';
import { CopyImageCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { ImagoProcess } from '../support/imago.ts';
import { command } from './kind.ts';
import { Known } from './known.ts';
import { type Actor, answered, clientOf, type Thing, untilAvailable, type World } from './world.ts';

/** Of an account; `id` is the product's code. */
interface Subscription extends Thing<boolean> {
  imageId: string;
}

const kind = {};

const subscriptionOf = (world: World, { account }: Actor) =>
  world.of<Subscription>(kind).find(({ writer }) => writer.account === account) ?? assert.fail();

/** By the first account, of a copy of what it provides. Nobody is subscribed yet. */
export async function publishProduct(imago: ImagoProcess, world: World): Promise<void> {
  const ec2 = imago.ec2();
  const Title = `for ${world.accounts[0]?.id}`;
  const copy = { Name: Title, SourceImageId: world.provided, SourceRegion: 'us-east-1' };
  const { ImageId = '' } = await ec2.send(new CopyImageCommand(copy));
  await untilAvailable(ec2, ImageId);
  const vendor = clientOf(imago, imago.credentials);
  const { Product, ImageId: imageId } = await vendor.imago('PublishProduct', { ImageId, Title });
  await untilAvailable(ec2, imageId);
  for (const { actors } of world.accounts) {
    const [writer] = actors as [Actor];
    const subscription = { id: Product.ProductCode, imageId, writer, known: new Known(false) };
    world.of<Subscription>(kind).push(subscription);
  }
}

export const subscriptionCommands = [
  command(
    'subscribe or unsubscribe',
    async (actor, world) => {
      const { id: ProductCode, known } = subscriptionOf(world, actor);
      const action = known.now ? 'UnsubscribeProduct' : 'SubscribeProduct';
      await known.write(!known.now, () => actor.account.imago.imago(action, { ProductCode }));
    },
    (actor) => actor === actor.account.actors[0],
  ),
  command('try to launch a product', async (actor, world) => {
    const { imageId: ImageId, known } = subscriptionOf(world, actor);
    const judge = known.reading();
    const tried = new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, DryRun: true });
    judge('a launch of a product', await answered(actor.ec2.send(tried)), (isSubscribed) =>
      isSubscribed ? 'DryRunOperation' : 'OptInRequired',
    );
  }),
];
