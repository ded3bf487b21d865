import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCli } from './aws-cli.ts';

test('every member that is given is an option, in words of a shell', () => {
  const input = {
    ...{ VolumeId: 'vol-1', Size: 8, KmsKeyId: undefined, Encrypted: true, Force: false },
    ...{ Operations: ['Decrypt', 'DescribeKey'], Description: "it's new" },
    TagSpecifications: [{ ResourceType: 'volume' }],
  };
  assert.equal(
    awsCli('ec2', 'CreateVolume', input),
    [
      'aws ec2 create-volume --volume-id vol-1 --size 8 --encrypted --no-force',
      "--operations Decrypt DescribeKey --description 'it'\\''s new'",
      `--tag-specifications '[{"ResourceType":"volume"}]'`,
    ]
      .join(' ')
      .replaceAll(' --', ' \\\n  --'),
  );
});

test('what aws-cli would take for a file or an option goes in as JSON; a region is named', () => {
  assert.equal(
    awsCli('kms', 'CreateKey', { Description: '--x', KeyId: 'file://a' }, 'eu-1'),
    `aws kms create-key \\\n  --region eu-1 \\\n  --cli-input-json '{"Description":"--x","KeyId":"file://a"}'`,
  );
});
