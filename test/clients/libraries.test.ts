/**
 * Libraries in their own words, as Debian packages them: libcloud (Python) and fog (Ruby), which
 * speak to several clouds, and boto3. Each script goes through a node's life and prints what it
 * saw.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let image: string | undefined;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  image = (await providerImage(imago.ec2(), 'imago-micro-*')).Name;
});
after(async () => {
  await imago?.dispose();
});

async function seenBy(command: string, script: string): Promise<Record<string, unknown>> {
  const words = [path.join(import.meta.dirname, script)];
  const environment = { AWS_ENDPOINT_URL: imago.endpoint };
  return JSON.parse(await debianClient(imago, command, words, { environment }));
}

async function statesOf(name: string): Promise<(string | undefined)[]> {
  const Filters = [{ Name: 'tag:Name', Values: [name] }];
  const { Reservations = [] } = await imago.ec2().send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
}

test('libcloud lists images, makes a node, captures and destroys it', async () => {
  assert.deepEqual(await seenBy('python3', 'libcloud-node.py'), {
    image,
    location: 'us-east-1a',
    keys: ['libcloud'],
    node: ['libcloud', 'running', 'web', 1],
    addresses: [],
    captured: [true],
    volumes: [1],
    reboot: true,
    end: true,
    deleted: true,
  });
  const [state] = await statesOf('libcloud');
  assert.match(`${state}`, /shutting-down|terminated/);
});

test('fog lists images, makes a server, captures, shares, stops, starts and destroys it', async () => {
  assert.deepEqual(await seenBy('ruby', 'fog-server.rb'), {
    image,
    server: ['running', { Name: 'fog' }, ['fog'], 't3.micro'],
    found: [true],
    volumes: [1],
    permissions: ['all'],
    left: [0, 0],
  });
  assert.deepEqual(await statesOf('fog'), ['terminated']);
});

test('boto3 waits for all that there is to wait for, and goes through pages', async () => {
  const { waited, found } = await seenBy('python3', 'boto3-waiters.py');
  assert.equal(found, true);
  assert.deepEqual(waited, [
    'image_exists',
    'key_pair_exists',
    'security_group_exists',
    'instance_exists',
    'instance_running',
    'instance_status_ok',
    'system_status_ok',
    'vpc_exists',
    'vpc_available',
    'subnet_available',
    'image_available',
    'snapshot_completed',
    'instance_stopped',
    'volume_in_use',
    'instance_terminated',
    'volume_deleted',
  ]);
});
