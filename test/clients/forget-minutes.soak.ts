/** A policy that forgets each minute, by the real clock of a running Imago. It mostly waits. */
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { tellForgetting } from './forget-minutes.ts';

test('a running Imago forgets by the minute what it was foretold to, and nothing else', async () => {
  const home = await homeWith('micro');
  const imago = await ImagoProcess.start({ hypervisor: 'simulated', home });
  try {
    const { ImageId: imageId = '' } = await providerImage(imago.ec2(), 'imago-micro-*');
    await tellForgetting({ imago, imageId, pass: () => sleep(1000) });
  } finally {
    await imago.dispose();
  }
});
