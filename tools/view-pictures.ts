/**
 * A picture of each view of the console with each of its tabs, as on a desk in light and as on a
 * telephone in dark, of an Imago with simulated machines in which every view has something to show:
 * to be looked at after a change of what they look like. The console is what set-up built.
 *
 *   npm run pictures [folder]        default: one of the system's for what is temporary
 *
 * Those of the guides are tools/console-pictures.ts's and tools/backup-pictures.ts's.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  desk,
  goTo,
  openBrowser,
  openSignedIn,
  phone,
  settled,
  type Tab,
} from '../test/console/browser.ts';
import { fillEveryView } from '../test/console/full-world.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';

const looks = [
  { name: 'desk', width: desk, theme: 'light' },
  { name: 'phone', width: phone, theme: 'dark' },
] as const;
/** What is drawn anew after an answer, such as a terminal, takes some frames. */
const drawnMs = 500;

/** `#/images/ami-1?tab=lineage` is `images-ami-lineage`, or with the id where that is taken. */
function nameOf(route: string, taken: ReadonlySet<string>): string {
  const name = route
    .replace(/^#\//, '')
    .replace(/\b([a-z]+)-[0-9a-f]{17}/g, '$1')
    .replace(/[?&](tab|image|q)=/g, '-')
    .replaceAll('/', '-');
  return taken.has(name) ? route.replace(/\W+/g, '-').slice(1) : name;
}

async function tabsOf({ page }: Tab): Promise<string[]> {
  const links = await page.locator('.tabs a').all();
  return Promise.all(links.map(async (link) => (await link.getAttribute('href')) ?? ''));
}

async function picturesIn(folder: string, imago: ImagoProcess): Promise<number> {
  const routes = await fillEveryView(imago);
  const browser = await openBrowser();
  const tab = await openSignedIn(browser, imago);
  const { page } = tab;
  const seen = new Set<string>();
  const names = new Set<string>();
  const left = [...routes];
  try {
    for (let route = left.shift(); route; route = left.shift()) {
      if (seen.has(route)) continue;
      seen.add(route);
      await goTo(page, route);
      const view = nameOf(route, names);
      names.add(view);
      for (const { name, width, theme } of looks) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme: theme });
        await settled(tab);
        await page.waitForTimeout(drawnMs);
        const file = path.join(folder, `${view}.${name}.png`);
        await page.screenshot({ path: file, fullPage: true });
      }
      left.push(...(await tabsOf(tab)));
    }
    return seen.size * looks.length;
  } finally {
    await browser.close();
  }
}

const folder = path.resolve(process.argv[2] ?? path.join(tmpdir(), 'imago-views'));
mkdirSync(folder, { recursive: true });
const imago = await ImagoProcess.start({
  hypervisor: 'simulated',
  home: await homeWith('micro'),
});
try {
  const count = await picturesIn(folder, imago);
  console.log(`${count} pictures in ${folder}`);
} finally {
  await imago.dispose();
}
