/** One picture of the console for the guides: of a view, as it is after somebody has done something. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type ConsoleBrowser, openSignedIn, type Served } from '../test/console/browser.ts';
import { indexedPng } from './indexed-png.ts';

const bytesMax = 60_000;
/** For what is drawn after its data are there. */
const drawnMs = 3000;

export interface View {
  name: string;
  route: string;
  width?: number;
  theme?: 'light' | 'dark';
  prepare?(page: Page): Promise<void>;
}

export const picturesFolder = path.join(import.meta.dirname, '../docs/pictures');

export async function takePicture(
  browser: ConsoleBrowser,
  imago: Served,
  folder: string,
  { name, route, prepare, ...look }: View,
): Promise<void> {
  const { page } = await openSignedIn(browser, imago, { route, ...look });
  // Where it clicked last it would point at something.
  await page.mouse.move(0, 0);
  await page.waitForTimeout(drawnMs);
  if (prepare) {
    await prepare(page);
    await page.waitForTimeout(drawnMs);
  }
  const picture = indexedPng(await page.screenshot());
  if (picture.length > bytesMax) console.error(`${name} has ${picture.length} bytes`);
  writeFileSync(path.join(folder, `console-${name}.png`), picture);
  await page.context().close();
}
