/**
 * A cut that failed after it was made: what the guest writes from then on belongs to the next
 * snapshot. Each point at which a pivot can be lost, of a guest that runs and of one at rest.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import type { Host } from '../host/host.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { TestImago, type TestImagoOptions, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

interface Lost {
  faults: () => TestImagoOptions;
  /** Without a machine nothing of the hypervisor is asked. */
  runningOnly?: true;
}

/** Each loses every pivot that is asked for while it is there. */
const lost: Record<string, Lost> = {
  'before anything is done': {
    faults: () => ({
      wrapHost: withFaults<Host>(() => ({ pivot: () => Promise.reject(new Error('before')) })),
    }),
  },
  'when the machine has pivoted, and does not say so': {
    runningOnly: true,
    faults: () => ({
      wrap: withFaults<Hypervisor>((hypervisor) => ({
        pivot: async (...request) => {
          await hypervisor.pivot(...request);
          throw new Error('after');
        },
      })),
    }),
  },
  'when the host has done it, and does not say so': {
    faults: () => ({
      wrapHost: withFaults<Host>((host) => ({
        pivot: async (request) => {
          await host.pivot(request);
          throw new Error('after');
        },
      })),
    }),
  },
  'when it cannot be written down': {
    faults: () => {
      let pivoted = false;
      return {
        wrapHost: withFaults<Host>((host) => ({
          pivot: async (request) => {
            const result = await host.pivot(request);
            pivoted = true;
            return result;
          },
        })),
        wrapCatalog: withFaults<Catalog>((catalog) => ({
          write: (work) => {
            if (!pivoted) return catalog.write(work);
            pivoted = false;
            return Promise.reject(new Error('the disk is full'));
          },
        })),
      };
    },
  },
  'and the machine does it after that was given up': {
    runningOnly: true,
    faults: () => ({
      wrap: withFaults<Hypervisor>((hypervisor) => ({
        pivot: async (...request) => {
          late = () => hypervisor.pivot(...request);
          throw new Error('after');
        },
      })),
    }),
  },
};

let late: () => Promise<unknown> = async () => {};

describe('a lost pivot', () => {
  for (const [point, { faults, runningOnly }] of Object.entries(lost)) {
    for (const stopped of runningOnly ? [false] : [false, true]) {
      test(`${point}, of a guest that is ${stopped ? 'stopped' : 'running'}`, async () => {
        await using imago = await TestImago.start();
        const image = await imago.image();
        const { Instances = [] } = await imago.call(runInstances, {
          ImageId: image.id,
          MinCount: 1,
          MaxCount: 1,
        });
        const id = Instances[0]?.InstanceId ?? '';
        await imago.untilState(id, 'running');
        const [volumeId = ''] = await imago.volumeIds(id);
        await imago.write(volumeId, mib, 4096, 11);
        if (stopped) {
          await imago.call(stopInstances, { InstanceIds: [id] });
          await imago.untilState(id, 'stopped');
        }
        await imago.restart(faults());
        const snapshot = async () => {
          const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
          await imago.untilQuiet();
          return imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
        };
        assert.equal((await snapshot())?.state, 'error');
        await late();
        late = async () => {};

        await imago.restart();
        if (stopped) {
          await imago.call(startInstances, { InstanceIds: [id] });
          await imago.untilState(id, 'running');
        }
        await imago.write(volumeId, mib, 4096, 22);
        if (stopped) {
          await imago.call(stopInstances, { InstanceIds: [id] });
          await imago.untilState(id, 'stopped');
        }
        const second = await snapshot();
        assert.equal(second?.state, 'completed', second?.stateMessage);
        assert.equal(await imago.readSnapshot(second?.id ?? '', mib), 22);
        const volume = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
        assert.equal(volume?.layers.length, 1);
        assert.deepEqual(await imago.layerFiles(), [
          `${volumeId}/${volume?.layers[0]?.number}.qcow2`,
        ]);
      });
    }
  }
});
