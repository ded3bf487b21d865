import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exampleMetadata } from '../../imds/example-metadata.ts';
import { dataPlaneSuite } from '../data-plane-suite.ts';
import { createIdleDataPlane } from './idle-data-plane.ts';

dataPlaneSuite('idle', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'idp-'));
  t.after(() => rm(folder, { recursive: true }));
  const attachment = {
    instanceId: exampleMetadata.instanceId,
    exports: [{ root: 'ab'.repeat(32), sizeBytes: 1 }],
    link: {
      mac: exampleMetadata.mac,
      privateIp: exampleMetadata.privateIp,
      subnetCidr: exampleMetadata.subnetCidr,
      gatewayIp: '172.31.0.1',
      dnsIp: '172.31.0.2',
    },
    metadata: exampleMetadata,
  };
  return { plane: createIdleDataPlane(), folder, attachment };
});
