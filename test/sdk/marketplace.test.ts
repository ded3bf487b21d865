/**
 * The marketplace by the command line and aws-cli: a vendor publishes what he made of a provider's
 * image, which the checks of its files let pass, and a customer launches it once he is subscribed.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Product } from '../../api/imago-marketplace.ts';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

const elsewhere = 'eu-west-1';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    regions: ['us-east-1', elsewhere],
  });
});
after(async () => {
  await imago?.dispose();
});

const run = promisify(execFile);

async function cli(...words: string[]): Promise<string> {
  const { stdout } = await run(launcher, [...words, '--home', imago.home]);
  return stdout;
}

const code = 'a1b2c3d4e5f6g7h8i9j0k1l2m';

test('publish, refuse, subscribe, launch, capture, unsubscribe', async () => {
  const account = async (name: string) =>
    JSON.parse(await cli('accounts', 'create', name, '--json')) as Credentials;
  const as = (credentials: Credentials, ...words: string[]) =>
    aws({ endpoint: imago.endpoint, home: imago.home, credentials }, 'ec2', ...words);
  const vendor = await account('vendor');
  const customer = await account('customer');
  const provided = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';

  const copied = (await as(
    vendor,
    ...['copy-image', '--source-image-id', provided, '--source-region', 'us-east-1'],
    ...['--name', 'web', '--query', 'ImageId'],
  )) as string;
  await as(vendor, 'wait', 'image-available', '--image-ids', copied);
  assert.match(await cli('market', 'check', copied, '--account', 'vendor'), /Nothing was found/);
  const publish = ['market', 'publish', copied, '--title', 'Web server', '--product-code', code];
  const told = await cli(...publish, '--terms', 'be nice', '--account', 'vendor');
  assert.match(told, new RegExp(`Web server 1 is published as (ami-\\w+)[^]*${code}`));
  const twice = cli(...publish, '--product-version', '1', '--account', 'vendor');
  await assert.rejects(twice, { code: 1, stderr: /has a version 1/ });

  const copy = ['copy-image', '--source-image-id', copied, '--source-region', 'us-east-1'];
  const there = ['--name', 'there', '--region', elsewhere];
  const second = (await as(vendor, ...copy, ...there, '--query', 'ImageId')) as string;
  await as(vendor, 'wait', 'image-available', '--image-ids', second, '--region', elsewhere);
  const inRegion = ['--account', 'vendor', '--region', elsewhere];
  assert.match(await cli('images', 'list', ...inRegion), new RegExp(second));
  assert.doesNotMatch(await cli('images', 'list', '--account', 'vendor'), new RegExp(second));
  assert.match(await cli('market', 'check', second, ...inRegion), /Nothing was found/);
  const version = ['market', 'publish', second, '--product-code', code];
  await assert.rejects(cli(...version, '--account', 'vendor'), { code: 1, stderr: /NotFound/ });
  assert.match(await cli(...version, ...inRegion), /Web server 1 is published as ami-/);
  assert.match(await cli('market', 'show', code), new RegExp(`1 +${elsewhere} +ami-`));

  assert.match(await cli('market', 'list', '--account', 'customer'), new RegExp(`${code} +Web s`));
  assert.match(await cli('market', 'show', code), /Terms: be nice/);
  const owners = ['describe-images', '--owners', 'aws-marketplace'];
  const image = (await as(customer, ...owners, '--query', 'Images[0].ImageId')) as string;
  const launch = ['run-instances', '--image-id', image, '--instance-type', 't3.nano'];
  await assert.rejects(as(customer, ...launch), { stderr: /\(OptInRequired\)/ });
  const subscribed = await cli('market', 'subscribe', code, '--account', 'customer');
  assert.match(subscribed, /Web server.*be nice/);
  const first = ['--query', 'Instances[0]'];
  const instance = (await as(customer, ...launch, ...first)) as {
    InstanceId: string;
    ProductCodes: object[];
  };
  const codes = [{ ProductCodeId: code, ProductCodeType: 'marketplace' }];
  assert.deepEqual(instance.ProductCodes, codes);
  await as(customer, 'wait', 'instance-running', '--instance-ids', instance.InstanceId);
  const capture = ['create-image', '--instance-id', instance.InstanceId, '--name', 'mine'];
  const made = (await as(customer, ...capture, '--query', 'ImageId')) as string;
  await as(customer, 'wait', 'image-available', '--image-ids', made);
  const shown = ['describe-images', '--image-ids', made, '--query', 'Images[0].ProductCodes'];
  assert.deepEqual(await as(customer, ...shown), codes);

  await cli('market', 'unsubscribe', code, '--account', 'customer');
  const again = ['run-instances', '--image-id', made, '--instance-type', 't3.nano'];
  await assert.rejects(as(customer, ...again), { stderr: /\(OptInRequired\)/ });
  await cli('market', 'retire', code, '--account', 'vendor');
  const { Product: retired } = JSON.parse(await cli('market', 'show', code, '--json')) as {
    Product: Product;
  };
  assert.equal(retired.Status, 'Retired');
});
