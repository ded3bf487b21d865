/** What is launched, said three times over: hostile text stays one word of each language. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { awsCliOf, terraformOf } from './code-of.ts';
import { nothingWanted, requestOf, type Wanted } from './wanted.ts';

const hostile = `it's "$(touch x)" \${file("/etc/shadow")} %{ if true }\n#!/bin/sh`;
const wanted: Wanted = {
  ...nothingWanted,
  imageId: 'ami-1',
  name: hostile,
  keyName: 'k',
  groupIds: ['sg-1', 'sg-2'],
  userData: hostile,
  root: { sizeGiB: '9', type: 'gp3', ends: 'no', key: '' },
  volumes: [{ device: '/dev/sdf', sizeGiB: '2', type: '', ends: '', key: 'k-1' }],
};

test('what is not wanted is not asked for', () => {
  assert.deepEqual(requestOf({ ...nothingWanted, imageId: 'ami-1' }), {
    ImageId: 'ami-1',
    InstanceType: 't3.micro',
    MinCount: 1,
    MaxCount: 1,
  });
});

test('a template may say all', () => {
  const template = { ...nothingWanted, templateId: 'lt-1', instanceType: '' };
  const LaunchTemplate = { LaunchTemplateId: 'lt-1', Version: '$Default' };
  assert.deepEqual(requestOf(template), { LaunchTemplate, MinCount: 1, MaxCount: 1 });
  const third = requestOf({ ...template, templateVersion: '3' });
  assert.equal(third.LaunchTemplate?.Version, '3');
});

test('user data is sent as the bytes of its text', () => {
  const { UserData = '' } = requestOf({ ...wanted, userData: 'Grüße' });
  assert.equal(Buffer.from(UserData, 'base64').toString(), 'Grüße');
});

test('a volume is said where it is not as the image has it', () => {
  assert.deepEqual(requestOf(wanted).BlockDeviceMappings, [
    {
      DeviceName: '/dev/sda1',
      Ebs: { VolumeSize: 9, VolumeType: 'gp3', DeleteOnTermination: false },
    },
    { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2, Encrypted: true, KmsKeyId: 'k-1' } },
  ]);
});

test('the command of aws-cli has the very words, whatever is in them', () => {
  const request = requestOf({ ...wanted, templateId: 'lt-1' });
  const command = awsCliOf(request).replace('aws ec2 run-instances', 'printf "%s\\0"');
  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0');
  const after = (option: string) => words[words.indexOf(option) + 1] ?? '';
  assert.equal(after('--user-data'), hostile);
  assert.deepEqual(JSON.parse(after('--tag-specifications')), request.TagSpecifications);
  assert.deepEqual(JSON.parse(after('--block-device-mappings')), request.BlockDeviceMappings);
  assert.deepEqual(JSON.parse(after('--launch-template')), request.LaunchTemplate);
  const groups = words.indexOf('--security-group-ids');
  assert.deepEqual(words.slice(groups + 1, groups + 3), ['sg-1', 'sg-2']);
});

test('what aws-cli would take for a file, a page or an option is told in another way', () => {
  for (const text of ['file:///etc/passwd', 'fileb://x', 'http://h/', 'https://h/', '--dry-run']) {
    const request = requestOf({ ...wanted, keyName: text, userData: text });
    const command = awsCliOf(request).replace('aws ec2 run-instances', 'printf "%s\\0"');
    const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0');
    const json = words[words.indexOf('--cli-input-json') + 1] ?? '';
    assert.deepEqual(JSON.parse(json), { KeyName: text, UserData: text });
    assert.ok(!words.includes(text));
  }
  assert.ok(!awsCliOf(requestOf({ ...wanted, userData: 'a file://b' })).includes('--cli-input'));
});

test('in Terraform nothing of it is a template', () => {
  const code = terraformOf(requestOf(wanted), wanted.rootDevice);
  const [, userData = ''] = /user_data = (".*")/.exec(code) ?? [];
  const unescaped = userData.replaceAll('$${', '${').replaceAll('%%{', '%{');
  assert.equal(JSON.parse(unescaped), hostile);
  assert.doesNotMatch(code, /[^$]\$\{|[^%]%\{/);
});

test('Terraform has a block for each volume, and for the template', () => {
  const request = requestOf({ ...wanted, templateId: 'lt-1', templateVersion: '3', count: 2 });
  const code = terraformOf(request, wanted.rootDevice);
  assert.match(code, /count = 2\n/);
  assert.match(code, /launch_template \{\n {4}id = "lt-1"\n {4}version = "3"\n {2}\}/);
  assert.match(
    code,
    /root_block_device \{\n {4}volume_size = 9\n {4}volume_type = "gp3"\n {4}delete_on_termination = false\n/,
  );
  assert.match(
    code,
    /ebs_block_device \{\n {4}device_name = "\/dev\/sdf"\n {4}volume_size = 2\n {4}encrypted = true\n/,
  );
});
