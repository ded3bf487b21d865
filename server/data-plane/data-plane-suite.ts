/**
 * What every data plane holds to; each implementation's test runs it. Serving itself is tested
 * where it is done.
 */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DataPlane, GuestAttachment } from './data-plane.ts';
import { readGuestFile } from './guest-file.ts';

export interface DataPlaneUnderTest {
  plane: DataPlane;
  /** Folder of a machine, made and owned as the hypervisor needs it. */
  folder: string;
  /** An attachment of that machine that can be served. */
  attachment: GuestAttachment;
}

export function dataPlaneSuite(
  name: string,
  create: (t: TestContext) => Promise<DataPlaneUnderTest>,
): void {
  test(`${name}: an attachment is on record, whole and closed to others, before attach resolves`, async (t) => {
    const { plane, folder, attachment } = await create(t);
    await plane.start();
    await plane.attach(folder, attachment);
    assert.deepEqual(await readGuestFile(folder, attachment.instanceId), attachment);
    const { mode } = await stat(path.join(folder, 'guest.json'));
    assert.equal(mode & 0o007, 0);
  });

  test(`${name}: attach replaces, and may be repeated`, async (t) => {
    const { plane, folder, attachment } = await create(t);
    await plane.start();
    await plane.attach(folder, attachment);
    const changed = {
      ...attachment,
      exports: [],
      metadata: { ...attachment.metadata, userData: 'AAAA' },
    };
    await plane.attach(folder, changed);
    await plane.attach(folder, changed);
    assert.deepEqual(await readGuestFile(folder, attachment.instanceId), changed);
    const left = (await readdir(folder)).filter((file) => file.startsWith('guest.json'));
    assert.deepEqual(left, ['guest.json']);
  });

  test(`${name}: detach forgets, may be repeated, and may come first`, async (t) => {
    const { plane, folder, attachment } = await create(t);
    await plane.start();
    await plane.detach(folder, attachment.instanceId);
    await plane.attach(folder, attachment);
    await plane.detach(folder, attachment.instanceId);
    await plane.detach(folder, attachment.instanceId);
    assert.equal(await readGuestFile(folder, attachment.instanceId), undefined);
  });
}
