import { createLayer } from '../../disk/qcow2-create.ts';
import { silentLog } from '../../log.ts';
import { unprivilegedIdentity } from '../../unprivileged.ts';
import { hypervisorSuite } from '../hypervisor-suite.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';

hypervisorSuite('QEMU', () =>
  createQemuHypervisor({ log: silentLog, createLayer, identity: unprivilegedIdentity() }),
);
