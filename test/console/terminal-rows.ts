/**
 * What a terminal of the console shows, and where. xterm puts new elements in place of the old with
 * each frame, so one that was found may be gone when it is asked (it then has no place and no
 * look): both are asked again until they are there.
 */
import type { Locator } from 'playwright-core';
import { until } from '../support/until.ts';

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** In CSS pixels of the page. */
export async function placeOf(shown: Locator): Promise<Place> {
  let place: Place | null = null;
  await until('it is shown somewhere', async () => {
    place = await shown.boundingBox();
    return place !== null;
  });
  return place as unknown as Place;
}

/** The colours of a text and of what is behind it, as CSS tells them. */
export async function lookOf(shown: Locator): Promise<[color: string, background: string]> {
  let look: [string, string] = ['', ''];
  await until('it looks like something', async () => {
    look = await shown.evaluate((element) => {
      const { color, backgroundColor } = Reflect.get(globalThis, 'getComputedStyle')(element);
      return [color, backgroundColor] as [string, string];
    });
    return look[0] !== '';
  });
  return look;
}
