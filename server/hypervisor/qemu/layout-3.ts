/**
 * The hardware of new machines: that of layout 2, and a pointer that is told places where a PS/2
 * mouse is told movements, so that the guest's pointer is where that of whoever looks is.
 *
 *   pcie.0  05    virtio-tablet-pci
 *
 * A guest that has no driver for it goes on with the mouse.
 */
import type { Layout } from './layout.ts';
import { layout2 } from './layout-2.ts';

export const layout3: Layout = {
  ...layout2,
  devices: (spec) => [
    ...layout2.devices(spec),
    ...['-device', 'virtio-tablet-pci,id=pointer,addr=0x5'],
  ],
};
