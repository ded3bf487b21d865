/**
 * The start of an instance's machine, as its rows say: by the driver, and by who took it down for
 * another root volume. Nothing is recorded of it here; the instance's lock is held.
 */
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { keyProblem } from '../domain/ebs-encryption.ts';
import { mayHaveStrays } from '../domain/volumes.ts';
import type { Applied, GuestSpec } from '../host/host.ts';
import { guestSpec, type InstanceView, readInstance } from './guest-spec.ts';
import { reconcileLayers } from './reconcile-layers.ts';
import type { DriverServices } from './services.ts';

/** A key does not let a guest start: disabled, about to be deleted, or gone. */
export class KeyProblemError extends Error {
  override name = 'KeyProblemError';
}

export async function checkKeys(
  { catalog, clock }: DriverServices,
  { volumes }: Pick<InstanceView, 'volumes'>,
): Promise<void> {
  if (volumes.every(({ encryption }) => encryption === undefined)) return;
  const why = await catalog.read((reader) => keyProblem(reader, volumes, clock.now()));
  if (why !== undefined) throw new KeyProblemError(why);
}

/** What is to be started, its volumes as they really are. */
export async function readToStart(
  services: DriverServices,
  instance: InstanceRow,
): Promise<InstanceView> {
  const read = () => services.catalog.read((reader) => readInstance(reader, instance));
  const view = await read();
  const doubtful = view.volumes.filter(mayHaveStrays).map((volume) => volume.id);
  if (doubtful.length === 0) return view;
  await reconcileLayers(services, doubtful, instance.id);
  return read();
}

export async function startMachine(
  services: DriverServices,
  instance: InstanceRow,
): Promise<Applied & { spec: GuestSpec; volumeIds: string[] }> {
  const view = await readToStart(services, instance);
  await checkKeys(services, view);
  const spec = guestSpec(view, services.host.describe());
  const applied = await services.host.apply(spec, { start: true });
  return { ...applied, spec, volumeIds: view.volumes.map(({ id }) => id) };
}
