/**
 * The start of an instance's machine, as its rows say: by the driver, and by who took it down for
 * another root volume. Nothing is recorded of it here; the instance's lock is held.
 */
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { mayHaveStrays } from '../domain/volumes.ts';
import type { Applied, GuestSpec } from '../host/host.ts';
import { guestSpec, type InstanceView, readInstance } from './guest-spec.ts';
import { reconcileLayers } from './reconcile-layers.ts';
import type { DriverServices } from './services.ts';

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
  const spec = guestSpec(view, services.host.describe());
  const applied = await services.host.apply(spec, { start: true });
  return { ...applied, spec, volumeIds: view.volumes.map(({ id }) => id) };
}
