import { createLayer } from '../../disk/qcow2-create.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { hypervisorSuite } from '../hypervisor-suite.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';

hypervisorSuite('QEMU', () =>
  createQemuHypervisor({
    log: silentLog,
    createLayer,
    firmwareFolder: '/nonexistent',
    identity: unprivilegedIdentity(),
  }),
);
