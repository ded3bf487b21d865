/**
 * The consoles of a real guest: the serial one both ways, by `imago console -i`, and its screen,
 * also while somebody looks at it and does not read.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { GetConsoleScreenshotCommand } from '@aws-sdk/client-ec2';
import jpeg from 'jpeg-js';
import { WebSocket } from 'ws';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { askForScreen, sitAt } from '../support/rfb-client.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let imago: ImagoProcess;
let guest: Reached;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  const ec2 = imago.ec2();
  const login = await access(imago);
  const micro = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, micro.ImageId ?? '', login);
  guest = await reach(ec2, launched, login);
});
after(async () => {
  await imago?.dispose();
});

/** A terminal at the guest's console. */
function attached() {
  const command = `${launcher} console -i ${guest.id} --home ${imago.home}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  return {
    type: (text: string) => child.stdin.write(text),
    async shows(pattern: RegExp): Promise<void> {
      while (!pattern.test(output)) await once(child.stdout, 'data');
    },
    ended: once(child, 'close').then(([code]) => code as number),
  };
}

test('what is typed reaches the guest, and what it writes everybody who looks', async () => {
  const [one, other] = [attached(), attached()];
  await Promise.all([one.shows(/Ctrl-\] leaves/), other.shows(/Ctrl-\] leaves/)]);
  // Enter logs in.
  one.type('\r');
  await Promise.all([one.shows(/admin@/), other.shows(/admin@/)]);
  // The sum is not in what was typed.
  one.type('echo heard $((20 + 1))\r');
  await Promise.all([one.shows(/heard 21/), other.shows(/heard 21/)]);
  one.type('\u001d');
  assert.equal(await one.ended, 0);

  // Imago goes and comes; the guest and its console are the same.
  await imago.stop();
  assert.equal(await other.ended, 0);
  await imago.start();
  const again = attached();
  await again.shows(/Ctrl-\] leaves/);
  again.type('echo heard $((20 + 2))\r');
  await again.shows(/heard 22/);
  again.type('\u001d');
  assert.equal(await again.ended, 0);
});

test('the screen shows the text of the console, white on black', async () => {
  const shot = new GetConsoleScreenshotCommand({ InstanceId: guest.id, WakeUp: true });
  const { ImageData = '' } = await imago.ec2().send(shot);
  const { width, height, data } = jpeg.decode(Buffer.from(ImageData, 'base64'));
  assert.ok(width >= 640 && height >= 400);
  const reds = Array.from({ length: width * height }, (_, index) => data[index * 4] ?? 0);
  const share = (isMeant: (red: number) => boolean) => reds.filter(isMeant).length / reds.length;
  const lit = share((red) => red > 128);
  assert.ok(lit > 0.001 && lit < 0.5, `${lit} of the screen is lit`);
  assert.ok(share((red) => red < 32) > 0.5);
});

test('who looks at the screen and does not read holds up neither the guest nor others', async () => {
  const [slow, quick] = [await sitAt(imago, guest.id), await sitAt(imago, guest.id)];
  slow.socket.pause();
  for (let count = 0; count < 1000; count++) askForScreen(slow);
  let bytes = 0;
  quick.socket.on('message', (picture: Buffer) => {
    bytes += picture.length;
  });
  const flooding = ssh(
    guest,
    'sudo sh -c "for i in $(seq 300); do dmesg | head -c 4000; done > /dev/tty1"; echo done',
  );
  for (let look = 0; look < 10; look++) {
    const before = bytes;
    askForScreen(quick);
    await until('another picture', () => bytes > before);
  }
  assert.equal(await flooding, 'done\n');
  assert.equal(await ssh(guest, 'echo up'), 'up\n');
  assert.equal(slow.socket.readyState, WebSocket.OPEN);
  // Once it reads it has pictures, too.
  slow.socket.resume();
  await once(slow.socket, 'message');
  for (const { socket } of [slow, quick]) socket.terminate();
});
