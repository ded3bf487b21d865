/**
 * The data plane for simulated machines: keeps the guests' files as the real one would find them,
 * and serves nobody.
 */
import type { DataPlane } from '../data-plane.ts';
import { removeGuestFile, writeGuestFile } from '../guest-file.ts';

export function createIdleDataPlane(): DataPlane {
  return {
    async start() {},
    attach: (folder, attachment) => writeGuestFile(folder, attachment),
    detach: (folder) => removeGuestFile(folder),
    giveKeys: async () => {},
    console: async () => undefined,
    // As the agent of a simulated machine does.
    answersSsh: async () => true,
    traffic: async () => new Map(),
    async close() {},
  };
}
