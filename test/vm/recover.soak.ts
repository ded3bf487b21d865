/**
 * The home burns down with a machine in it, and its block store as well; from the second store the
 * machine is there again, down to SSH.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateImageCommand, StartInstancesCommand } from '@aws-sdk/client-ec2';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { Home } from '../../server/foundations/home.ts';
import { storeToRecover } from '../../server/recovery/stores-to-recover.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher, newHome } from '../support/imago.ts';
import { access, launch, providerImage, reach, waitForImage } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let elsewhere: string;
let imago: ImagoProcess;
before(async () => {
  elsewhere = mkdtempSync(path.join(tmpdir(), 'im-burnt-'));
  chmodSync(elsewhere, 0o755);
  const flags = ['--recovery-key-file', path.join(elsewhere, 'key')];
  flags.push('--copy-store', path.join(elsewhere, 'second'));
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro'), flags });
});
after(async () => {
  await imago?.dispose();
  rmSync(elsewhere, { recursive: true });
});

test('a machine of a host that is lost is logged in to after a recovery, with its data', async () => {
  const login = await access(imago);
  const key = readFileSync(login.keyFile);
  const ec2 = imago.ec2();
  const { ImageId: micro = '' } = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, micro, login);
  const machine = await reach(ec2, launched, login);
  await ssh(machine, 'echo of the machine > data; sync');
  const capture = { InstanceId: machine.id, Name: 'backup', NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(capture));
  await waitForImage(ec2, ImageId, 'available');
  // The catalog is sealed with it when Imago stops, and copied soon after the next start.
  await imago.stop();
  await imago.start();
  const store = path.join(elsewhere, 'second');
  const newest = async (folder: string) => {
    const found = await storeToRecover(nodeFiles, folder).catch(() => undefined);
    return found?.record?.catalogs.at(-1)?.root;
  };
  const inStep = async () => {
    const sealed = await newest(imago.home);
    return sealed !== undefined && sealed === (await newest(store));
  };
  await until('the second store is in step', inStep, 300_000);
  await imago.dispose();

  const [home, keyFile] = [newHome(), path.join(elsewhere, 'key')];
  rmSync(home, { recursive: true });
  const asked = ['--from', store, '--home', home, '--recovery-key-file', keyFile];
  await promisify(execFile)(launcher, ['recover', ...asked]);
  const flags = ['--recovery-key-file', keyFile];
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, flags });
  const again = imago.ec2();
  await again.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
  const keptFile = path.join(elsewhere, 'tests.pem');
  writeFileSync(keptFile, key, { mode: 0o600 });
  const kept = { ...login, keyFile: keptFile, home: new Home(home) };
  const back = await reach(again, { InstanceId: machine.id }, kept);
  assert.equal((await ssh(back, 'cat data')).trim(), 'of the machine');
});
