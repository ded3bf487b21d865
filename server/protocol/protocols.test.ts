/**
 * How answers look, byte for byte. That the official clients read them is in
 * server/http/listener.test.ts.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ec2Model } from '../../api/generated/ec2.ts';
import { stsModel } from '../../api/generated/sts.ts';
import { imagoModel } from '../../api/imago.ts';
import { awsJson } from './aws-json.ts';
import { awsQuery } from './aws-query.ts';
import { ec2Query } from './ec2-query.ts';
import type { Protocol } from './protocol.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const ec2 = ec2Query(ec2Model);
const json = awsJson(ec2Model);

/** Of an answer that is there at once. */
function pieces(protocol: Protocol, ...result: Parameters<Protocol['result']>): readonly Buffer[] {
  const bytes = protocol.result(...result).body;
  assert.ok(!(Symbol.asyncIterator in bytes));
  return bytes;
}

const resultText = (protocol: Protocol, ...[action, output, id]: Parameters<Protocol['result']>) =>
  Buffer.concat(pieces(protocol, action, output, id)).toString();

const errorText = (protocol: Protocol, ...[error, id]: Parameters<Protocol['error']>) =>
  Buffer.concat(protocol.error(error, id).body as Buffer[]).toString();

describe('ec2 query answers', () => {
  test('elements by their names in XML, dates, numbers, booleans, empty lists', () => {
    const output = {
      Images: [
        {
          ImageId: 'ami-1',
          Public: false,
          Tags: [{ Key: 'a<b', Value: 'c&d\r' }],
          BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 8 } }],
          ProductCodes: [],
          Description: undefined,
        },
      ],
    };
    assert.equal(
      resultText(ec2, 'DescribeImages', output, 'r-1'),
      `${declaration}<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>` +
        '<imagesSet><item>' +
        '<blockDeviceMapping><item><ebs><volumeSize>8</volumeSize></ebs><deviceName>/dev/sda1</deviceName></item></blockDeviceMapping>' +
        '<tagSet><item><key>a&lt;b</key><value>c&amp;d&#xD;</value></item></tagSet>' +
        '<imageId>ami-1</imageId><isPublic>false</isPublic><productCodes></productCodes>' +
        '</item></imagesSet></DescribeImagesResponse>',
    );
    assert.match(
      resultText(ec2, 'CreateSnapshot', { StartTime: new Date(0) }, 'r-1'),
      /<startTime>1970-01-01T00:00:00.000Z<\/startTime>/,
    );
  });

  test('a large answer is the same in its pieces', () => {
    const output = {
      Images: Array.from({ length: 2000 }, (_, number) => ({
        ImageId: `ami-${number}`,
        Name: `\u00fc\u{1f511}${number}`,
      })),
    };
    const parts = pieces(ec2, 'DescribeImages', output, 'r-1');
    assert.ok(parts.length > 2);
    const items = output.Images.map(
      ({ ImageId, Name }) => `<item><name>${Name}</name><imageId>${ImageId}</imageId></item>`,
    );
    const text = Buffer.concat(parts).toString();
    assert.ok(
      text.endsWith(`<imagesSet>${items.join('')}</imagesSet></DescribeImagesResponse>`),
      text.slice(-200),
    );
  });

  test('a list that comes in parts is the same as a stream, and no part is asked for early', async () => {
    const images = Array.from({ length: 3000 }, (_, number) => ({ ImageId: `ami-${number}` }));
    let asked = 0;
    async function* parts() {
      for (let start = 0; start < images.length; start += 1000) {
        asked++;
        yield images.slice(start, start + 1000);
      }
    }
    for (const protocol of [ec2, json]) {
      asked = 0;
      const whole = resultText(protocol, 'DescribeImages', { Images: images }, 'r-1');
      const bytes = protocol.result('DescribeImages', { Images: parts() }, 'r-1').body;
      assert.ok(Symbol.asyncIterator in bytes);
      assert.equal(asked, 0);
      assert.equal(Buffer.concat(await Array.fromAsync(bytes)).toString(), whole);
      assert.equal(asked, 3);
    }
  });

  test('an action without output answers return=true', () => {
    assert.match(
      resultText(ec2, 'CreateTags', {}, 'r'),
      /<\/requestId><return>true<\/return><\/Create/,
    );
  });

  test('errors', () => {
    assert.equal(
      errorText(ec2, { code: 'InvalidAction', message: 'a < b\u0001', sender: true }, 'r-1'),
      `${declaration}<Response><Errors><Error><Code>InvalidAction</Code><Message>a &lt; b\ufffd</Message></Error></Errors>` +
        '<RequestID>r-1</RequestID></Response>',
    );
  });
});

test('sts answers and errors', () => {
  const sts = awsQuery(stsModel);
  assert.equal(
    resultText(sts, 'GetCallerIdentity', { Account: '1' }, 'r-1'),
    `${declaration}<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>` +
      '<Account>1</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>' +
      '</GetCallerIdentityResponse>',
  );
  assert.match(
    errorText(sts, { code: 'InternalError', message: 'm', sender: false }, 'r-1'),
    /<Type>Receiver<\/Type><Code>InternalError<\/Code><Message>m<\/Message><\/Error><RequestId>r-1</,
  );
});

describe('json', () => {
  const read = (protocol: Protocol, target: string, body: string) => {
    const headers = { 'x-amz-target': target };
    const head = { method: 'POST', path: '/', query: new Map(), headers };
    return protocol.read(head, Buffer.from(body)).decode();
  };
  const decode = (body: unknown) =>
    read(
      json,
      'ec2.ImportKeyPair',
      typeof body === 'string'
        ? body
        : JSON.stringify({ KeyName: 'k', PublicKeyMaterial: '', ...(body as object) }),
    );

  test('reads by the same model', () => {
    assert.deepEqual(
      decode({
        PublicKeyMaterial: 'a2V5',
        DryRun: false,
        TagSpecifications: [{ Tags: [{ Key: 'a' }] }],
      }),
      {
        KeyName: 'k',
        PublicKeyMaterial: new Uint8Array([107, 101, 121]),
        DryRun: false,
        TagSpecifications: [{ Tags: [{ Key: 'a' }] }],
      },
    );
    const imago = awsJson(imagoModel);
    assert.deepEqual(read(imago, 'imago.DescribeTasks', ''), {});
    assert.deepEqual(read(imago, 'imago.DescribeTasks', '{"TaskIds":null}'), {});
  });

  const refusals: [body: unknown, code: string, message: RegExp][] = [
    ['{', 'SerializationException', /JSON/],
    ['[]', 'InvalidParameterValue', /object/],
    ['null', 'InvalidParameterValue', /object/],
    ['{}', 'MissingParameter', /KeyName/],
    [{ Nonsense: 1 }, 'UnknownParameter', /Nonsense/],
    ['{"__proto__":{}}', 'UnknownParameter', /__proto__/],
    [{ KeyName: 5 }, 'InvalidParameterValue', /KeyName/],
    [{ KeyName: '\ud800' }, 'InvalidParameterValue', /XML/],
    [{ DryRun: 'true' }, 'InvalidParameterValue', /DryRun/],
    [{ TagSpecifications: {} }, 'InvalidParameterValue', /list/],
    [{ TagSpecifications: [{ Tags: [{ Key: {} }] }] }, 'InvalidParameterValue', /Tags\.1\.Key/],
  ];
  for (const [body, code, message] of refusals) {
    test(`${JSON.stringify(body)} -> ${code}`, () => {
      assert.throws(() => decode(body), { code, message });
    });
  }

  test('writes times as ISO 8601 and blobs as base64', () => {
    assert.equal(
      resultText(json, 'X', { at: new Date(0), blob: Buffer.from('key'), list: [1] }, 'r'),
      '{"at":"1970-01-01T00:00:00.000Z","blob":"a2V5","list":[1]}',
    );
    assert.equal(
      errorText(json, { code: 'C', message: 'm', sender: true }, 'r'),
      '{"__type":"C","message":"m"}',
    );
  });
});
