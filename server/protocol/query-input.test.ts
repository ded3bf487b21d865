import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ec2Model } from '../../api/generated/ec2.ts';
import { ServiceError } from '../../api/service-error.ts';
import { parseForm, utf8Text } from './form.ts';
import { QueryInput } from './query-input.ts';

const input = new QueryInput(ec2Model);
const decode = (action: string, form: string) => input.decode(action, parseForm(form));

function refused(action: string, form: string, code: string, message: RegExp): void {
  assert.throws(
    () => decode(action, form),
    (error: unknown) => {
      assert.ok(error instanceof ServiceError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    },
  );
}

describe('query input', () => {
  test('lists, nested structs and scalars of every kind', () => {
    assert.deepEqual(
      decode(
        'RunInstances',
        'ImageId=ami-1&MinCount=1&MaxCount=20&EbsOptimized=false&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2' +
          '&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1&BlockDeviceMapping.1.Ebs.VolumeSize=8' +
          '&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true&BlockDeviceMapping.2.DeviceName=b' +
          '&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=a+b%26c%C3%A9',
      ),
      {
        ImageId: 'ami-1',
        MinCount: 1,
        MaxCount: 20,
        EbsOptimized: false,
        SecurityGroupIds: ['sg-1', 'sg-2'],
        BlockDeviceMappings: [
          { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8, DeleteOnTermination: true } },
          { DeviceName: 'b' },
        ],
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'a b&cé' }] }],
      },
    );
  });

  test('the order of parameters does not matter, the numbers do', () => {
    assert.deepEqual(
      decode('DescribeInstances', 'Filter.1.Value.2=b&Filter.1.Value.1=a&Filter.1.Name=x'),
      { Filters: [{ Name: 'x', Values: ['a', 'b'] }] },
    );
  });

  test('blobs are base64, here of "key"', () => {
    const { PublicKeyMaterial } = decode('ImportKeyPair', 'KeyName=k&PublicKeyMaterial=a2V5');
    assert.deepEqual(PublicKeyMaterial, new Uint8Array([107, 101, 121]));
    refused('ImportKeyPair', 'KeyName=k&PublicKeyMaterial=a2V', 'InvalidParameterValue', /base64/);
  });

  test('lists from 0, as well as from 1', () => {
    const form = 'ImageId.0=a&ImageId.1=b&Filter.0.Name=name&Filter.0.Value.1=c';
    assert.deepEqual(decode('DescribeImages', form), {
      ImageIds: ['a', 'b'],
      Filters: [{ Name: 'name', Values: ['c'] }],
    });
  });

  test('booleans in any case', () => {
    const read = (text: string) => decode('DescribeImages', `IncludeDeprecated=${text}`);
    assert.deepEqual(['true', 'True', 'False', 'FALSE'].map(read), [
      { IncludeDeprecated: true },
      { IncludeDeprecated: true },
      { IncludeDeprecated: false },
      { IncludeDeprecated: false },
    ]);
  });

  test('times', () => {
    const at = (text: string) =>
      decode(
        'RunInstances',
        `MinCount=1&MaxCount=1&InstanceMarketOptions.SpotOptions.ValidUntil=${text}`,
      );
    assert.deepEqual(at('2026-11-23T10:00:00.250Z').InstanceMarketOptions, {
      SpotOptions: { ValidUntil: new Date('2026-11-23T10:00:00.250Z') },
    });
    for (const bad of [
      '2026-02-31T10:00:00Z',
      '2026-11-23',
      'soon',
      '1',
      '',
      '0000-00-00T00:00:00Z',
    ]) {
      assert.throws(() => at(bad), { code: 'InvalidParameterValue' });
    }
  });

  const refusals: [action: string, form: string, code: string, message: RegExp][] = [
    ['DescribeImages', 'Imageid.1=ami-1', 'UnknownParameter', /Imageid\.1/],
    ['DescribeImages', 'ImageIds.1=ami-1', 'UnknownParameter', /ImageIds/],
    ['DescribeImages', 'MaxResults.1=5', 'UnknownParameter', /MaxResults\.1/],
    ['DescribeImages', 'Filter.1.__proto__=x', 'UnknownParameter', /__proto__/],
    ['DescribeImages', 'Filter.1.constructor.name=x', 'UnknownParameter', /constructor/],
    ['DescribeImages', 'MaxResults=five', 'InvalidParameterValue', /\(five\).*MaxResults/],
    ['DescribeImages', 'MaxResults=', 'InvalidParameterValue', /whole number/],
    ['DescribeImages', 'MaxResults=1.5', 'InvalidParameterValue', /whole number/],
    ['DescribeImages', 'MaxResults=0x10', 'InvalidParameterValue', /whole number/],
    ['DescribeImages', 'MaxResults=9007199254740993', 'InvalidParameterValue', /whole number/],
    ['DescribeImages', 'DryRun=yes', 'InvalidParameterValue', /true or false/],
    ['DescribeImages', 'ImageId=ami-1', 'InvalidParameterValue', /ImageId\.1/],
    ['DescribeImages', 'ImageId.x=ami-1', 'InvalidParameterValue', /index/],
    ['DescribeImages', 'ImageId.00=ami-1', 'InvalidParameterValue', /index/],
    ['DescribeImages', 'ImageId.0=a&ImageId.2=b', 'InvalidParameterValue', /ImageId\.1 .*gaps/],
    ['DescribeImages', 'ImageId.01=ami-1', 'InvalidParameterValue', /index/],
    ['DescribeImages', 'ImageId.-1=ami-1', 'InvalidParameterValue', /index/],
    ['DescribeImages', 'ImageId.99999999999999=a', 'InvalidParameterValue', /index/],
    ['DescribeImages', 'ImageId.4294967=a', 'InvalidParameterValue', /ImageId\.1 .*gaps/],
    ['DescribeImages', 'ImageId.1=a&ImageId.3=b', 'InvalidParameterValue', /ImageId\.2/],
    ['DescribeImages', 'Filter.1.Value.2=b', 'InvalidParameterValue', /Filter\.1\.Value\.1/],
    ['DescribeImages', 'Filter.1=b', 'InvalidParameterValue', /members/],
    ['DescribeImages', 'NextToken=%00', 'InvalidParameterValue', /XML/],
    ['DescribeImages', 'ImageId.1=a&ImageId.1=b', 'MalformedQueryString', /more than once/],
    ['DescribeImages', 'NextToken=%zz', 'MalformedQueryString', /percent/],
    ['DescribeImages', 'NextToken=%c3', 'MalformedQueryString', /UTF-8/],
    ['DescribeImages', 'NextToken=%ed%a0%80', 'MalformedQueryString', /UTF-8/],
    ['DescribeImages', '=x', 'MalformedQueryString', /empty/],
    ['DescribeImages', `${'Filter.1.'.repeat(100_000)}=x`, 'MalformedQueryString', /longer/],
    ['RunInstances', 'ImageId=ami-1', 'MissingParameter', /MaxCount/],
    ['CreateTags', 'Tag.1.Key=k', 'MissingParameter', /ResourceId/],
    [
      'RunInstances',
      'MinCount=1&MaxCount=1&CreditSpecification.CpuCredits=standard&LicenseSpecification.1.X=1',
      'UnknownParameter',
      /LicenseSpecification\.1\.X/,
    ],
  ];
  for (const [action, form, code, message] of refusals) {
    test(`${action} ${form.slice(0, 60)} -> ${code}`, () => refused(action, form, code, message));
  }

  test('bytes that are not UTF-8', () => {
    assert.throws(() => utf8Text(Buffer.from([65, 0xff])), { code: 'MalformedQueryString' });
    assert.equal(utf8Text(Buffer.from('é')), 'é');
  });

  test('an error message shows at most the beginning of a value', () => {
    assert.throws(
      () => decode('DescribeImages', `MaxResults=${'9'.repeat(100_000)}`),
      ({ message }: Error) => message.length < 300,
    );
  });

  test('20,000 hostile forms: an input or a ServiceError, nothing else', () => {
    const random = generator(20261123);
    const pick = <T>(values: readonly T[]): T => values[random() % values.length] as T;
    const names = [
      'Filter',
      'ImageId',
      'Name',
      'Value',
      'Tag',
      'TagSpecification',
      'BlockDeviceMapping',
      'Ebs',
      'VolumeSize',
      'MinCount',
      'MaxCount',
      'DryRun',
      'MaxResults',
      'UserData',
      'Key',
      '1',
      '2',
      '0',
      '007',
      '1e9',
      '',
      '__proto__',
      'toString',
      'length',
      '%2E',
      '%',
      '%ff',
    ];
    const values = ['', '1', 'true', 'a', '%C3%A9', '%', '%80', '+', '%00', 'é', '-1', '=', 'NaN'];
    const actions = Object.keys(ec2Model.operations);
    let inputs = 0;
    for (let round = 0; round < 20_000; round++) {
      const form = Array.from({ length: random() % 5 }, () => {
        const name = Array.from({ length: 1 + (random() % 5) }, () => pick(names)).join('.');
        return `${name}${pick(['=', '=', '=', ''])}${pick(values)}`;
      }).join(pick(['&', '&', '&&', ';']));
      try {
        const decoded = decode(pick(actions), form);
        assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
        inputs++;
      } catch (error) {
        assert.ok(error instanceof ServiceError, `${form}: ${error}`);
      }
    }
    assert.ok(inputs > 100, 'some of them are valid');
    assert.equal(({} as Record<string, unknown>).Name, undefined);
  });
});

/** xorshift32: the same forms in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
