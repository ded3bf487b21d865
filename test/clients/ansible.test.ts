/**
 * Ansible with the collections amazon.aws and community.aws: a golden image and servers of it, made
 * as on EC2, found unchanged by a second run, and taken back. On simulated machines.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';

let imago: ImagoProcess;
let partner: string;

before(async () => {
  const regions = ['us-east-1', 'eu-west-1'];
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, regions });
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  partner = JSON.parse((await promisify(execFile)(launcher, words)).stdout).account;
  await makeWaitersLookOften();
});
after(async () => {
  await imago?.dispose();
});

/**
 * Each second, where EC2 is asked four times a minute: models in the home come before those of
 * the packages.
 */
async function makeWaitersLookOften(): Promise<void> {
  const model = 'ec2/2016-11-15/waiters-2.json';
  const packaged = `/usr/lib/python3/dist-packages/botocore/data/${model}`;
  const { waiters, ...rest } = JSON.parse(await readFile(packaged, 'utf8'));
  for (const waiter of Object.values<{ delay: number; maxAttempts: number }>(waiters)) {
    waiter.maxAttempts *= waiter.delay;
    waiter.delay = 1;
  }
  const own = path.join(imago.home, '.aws', 'models', model);
  await mkdir(path.dirname(own), { recursive: true });
  await writeFile(own, JSON.stringify({ ...rest, waiters }));
}

interface Run {
  plays: {
    tasks: { task: { name: string }; hosts: { localhost: { changed: boolean; skipped?: true } } }[];
  }[];
}

/** The names of the tasks that changed something; one that fails ends the play, and the test. */
async function changedBy(playbook: string): Promise<string[]> {
  const file = path.join(import.meta.dirname, 'ansible', playbook);
  const variables = ['--extra-vars', JSON.stringify({ partner })];
  const words = ['--inventory', 'localhost,', ...variables, file];
  const environment = {
    AWS_URL: imago.endpoint,
    ANSIBLE_STDOUT_CALLBACK: 'ansible.posix.json',
    ANSIBLE_DEPRECATION_WARNINGS: 'false',
    // Modules are run as they come, with no files made and started for each.
    ANSIBLE_PIPELINING: 'true',
  };
  const output = await debianClient(imago, 'ansible-playbook', words, { environment });
  const { plays } = JSON.parse(output) as Run;
  return plays
    .flatMap(({ tasks }) => tasks)
    .filter(({ hosts }) => hosts.localhost.changed)
    .map(({ task }) => task.name);
}

test('a golden image is made, shared, and launched by a template', async () => {
  assert.deepEqual(await changedBy('golden-image.yml'), [
    'Key pair',
    'Security group',
    'Builder',
    'Image',
    'Tags, description and sharing of the image',
    'Copy in another region',
    'Launch template',
    'Servers of the template',
  ]);
});

test('a second run changes nothing', async () => {
  assert.deepEqual(await changedBy('golden-image.yml'), []);
});

test('all of it is removed, and nothing is left', async () => {
  assert.deepEqual(await changedBy('remove.yml'), [
    'Instances',
    'Launch template',
    'Images and their snapshots',
    'Security group',
    'Key pair',
  ]);
});

test('volumes are made, attached, grown, captured and restored', async () => {
  assert.deepEqual(await changedBy('volumes.yml'), [
    'Server',
    'Volume, attached',
    'Volume, larger',
    'Snapshot',
    'Volume of the snapshot',
  ]);
  assert.deepEqual(await changedBy('volumes.yml'), []);
  assert.deepEqual(await changedBy('remove-volumes.yml'), ['Volumes', 'Snapshot', 'Server']);
});
