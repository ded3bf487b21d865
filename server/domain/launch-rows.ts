/** Writes what a launch (launch.ts) has planned. */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { Launch } from './launch.ts';

/** Of a large launch: after so many others have their turn. */
const rowsInATurn = 16;

export async function insertLaunch(
  { images, instances, volumes }: CatalogTransaction,
  launch: Launch,
): Promise<void> {
  if (launch.image) await images.update(launch.image);
  const inserts = [
    ...launch.volumes.map((row) => () => volumes.insert(row)),
    ...launch.instances.map((row) => () => instances.insert(row)),
  ];
  const isLarge = inserts.length > rowsInATurn;
  for (const [index, insert] of inserts.entries()) {
    if (isLarge && index % rowsInATurn === 0) await new Promise(setImmediate);
    await insert();
  }
  if (isLarge) await new Promise(setImmediate);
}
