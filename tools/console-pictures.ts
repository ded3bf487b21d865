/**
 * Takes the pictures of the console that the guides show: of an Imago of its own, with real guests,
 * in Chromium. Which views, and what is in them, is here; those of backups, for which weeks have to
 * pass, are tools/backup-pictures.ts's.
 *
 *   tools/node24 tools/console-pictures.ts [FOLDER]      docs/pictures, unless another is given
 */
import {
  CreateTagsCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
} from '@aws-sdk/client-ec2';
import { openBrowser } from '../test/console/browser.ts';
import { newAccount, ownImage } from '../test/console/world.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import {
  access,
  captured,
  launch,
  providerImage,
  reach,
  waitForState,
} from '../test/support/launch.ts';
import { picturesFolder, takePicture, type View } from './console-picture.ts';

interface World {
  image: string;
  instance: string;
}

/** A line of images: built, changed, captured, launched again and shared. */
async function makeWorld(imago: ImagoProcess): Promise<World> {
  const ec2 = imago.ec2();
  const { ImageId: provided = '' } = await providerImage(ec2, 'imago-micro-*');
  const mine = await access(imago, 'web');
  const [first] = await launch(ec2, provided, mine);
  const { id: instance } = await reach(ec2, first, mine);
  await named(ec2, instance, 'web-1');
  const { ImageId: image } = await captured(ec2, instance, 'web-2026-11');
  const copies = await launch(ec2, image, mine, 2);
  for (const [index, { InstanceId: copy = '' }] of copies.entries()) {
    await waitForState(ec2, copy, 'running');
    await named(ec2, copy, `web-${index + 2}`);
  }
  await captured(ec2, copies[0]?.InstanceId ?? '', 'web-2026-12');
  await ownImage(imago, 'base');
  const friend = await newAccount(imago, 'build-farm');
  const LaunchPermission = { Add: [{ UserId: friend.id }] };
  await ec2.send(new ModifyImageAttributeCommand({ ImageId: image, LaunchPermission }));
  return { image, instance };
}

const named = (ec2: EC2Client, id: string, name: string) =>
  ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'Name', Value: name }] }));

const viewsOf = ({ image, instance }: World): View[] => [
  { name: 'images', route: '#/images?tab=mine' },
  { name: 'lineage', route: `#/images/${image}?tab=lineage` },
  { name: 'launch', route: `#/instances/launch?image=${image}` },
  {
    name: 'terminal',
    route: `#/instances/${instance}?tab=console`,
    theme: 'dark',
    async prepare(page) {
      await page.keyboard.type('\nuname -a; uptime\n', { delay: 50 });
    },
  },
  { name: 'operator', route: '#/operator' },
  { name: 'phone', route: '#/instances', width: 390 },
];

const [folder = picturesFolder] = process.argv.slice(2);
const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
const browser = await openBrowser();
try {
  const world = await makeWorld(imago);
  for (const view of viewsOf(world)) await takePicture(browser, imago, folder, view);
} finally {
  await browser.close();
  await imago.dispose();
}
