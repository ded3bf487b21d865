/** The thread of jpeg.ts: encodes the one screen that it is given. It opens nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import jpeg from 'jpeg-js';
import type { Screen } from '../../hypervisor/hypervisor.ts';

/** Letters on a console stay readable. */
const quality = 80;

const { width, height, rgb } = workerData as Screen;
const rgba = new Uint8Array(width * height * 4).fill(255);
for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
  rgba.set(rgb.subarray(from, from + 3), to);
}
parentPort?.postMessage(new Uint8Array(jpeg.encode({ width, height, data: rgba }, quality).data));
