/** The generations of hardware by their numbers. Pure. */
import type { MachineLayout } from '../hypervisor.ts';
import type { Layout } from './layout.ts';
import { layout1 } from './layout-1.ts';
import { layout2 } from './layout-2.ts';
import { layout3 } from './layout-3.ts';

export const layouts: Record<MachineLayout, Layout> = { 1: layout1, 2: layout2, 3: layout3 };
