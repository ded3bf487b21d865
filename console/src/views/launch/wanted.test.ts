/** What is launched, said three times over: hostile text stays one word of each language. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { awsCliOf, nothingWanted, requestOf, terraformOf } from './wanted.ts';

const hostile = `it's "$(touch x)" \${file("/etc/shadow")} %{ if true }\n#!/bin/sh`;
const wanted = {
  ...nothingWanted,
  imageId: 'ami-1',
  name: hostile,
  keyName: 'k',
  groupIds: ['sg-1', 'sg-2'],
  userData: hostile,
  rootGiB: '9',
};

test('what is not wanted is not asked for', () => {
  assert.deepEqual(requestOf({ ...nothingWanted, imageId: 'ami-1' }), {
    ImageId: 'ami-1',
    InstanceType: 't3.micro',
    MinCount: 1,
    MaxCount: 1,
  });
});

test('user data is sent as the bytes of its text', () => {
  const { UserData = '' } = requestOf({ ...wanted, userData: 'Grüße' });
  assert.equal(Buffer.from(UserData, 'base64').toString(), 'Grüße');
});

test('the command of aws-cli has the very words, whatever is in them', () => {
  const command = awsCliOf(wanted).replace('aws ec2 run-instances', 'printf "%s\\0"');
  const words = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0');
  assert.equal(words[words.indexOf('--user-data') + 1], hostile);
  const tags = JSON.parse(words[words.indexOf('--tag-specifications') + 1] ?? '');
  assert.equal(tags[0].Tags[0].Value, hostile);
  const groups = words.indexOf('--security-group-ids');
  assert.deepEqual(words.slice(groups + 1, groups + 3), ['sg-1', 'sg-2']);
});

test('in Terraform nothing of it is a template', () => {
  const block = terraformOf(wanted);
  const [, userData = ''] = /user_data = (".*")/.exec(block) ?? [];
  const unescaped = userData.replaceAll('$${', '${').replaceAll('%%{', '%{');
  assert.equal(JSON.parse(unescaped), hostile);
  assert.doesNotMatch(block, /[^$]\$\{|[^%]%\{/);
});
