import { createLayer } from '../../disk/qcow2-create.ts';
import { hypervisorSuite } from '../hypervisor-suite.ts';
import { createSimulatedHypervisor } from './simulated-hypervisor.ts';

hypervisorSuite('simulated', async () => createSimulatedHypervisor({ createLayer }));
