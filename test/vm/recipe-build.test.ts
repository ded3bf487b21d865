/** A whole build of a recipe on `micro`: its machine is changed by a component, and its image, too. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import type { ImageBuildRow } from '../../server/catalog/rows/image-build.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { randomIds, systemClock } from '../../server/domain/identity.ts';
import { Home } from '../../server/foundations/home.ts';
import { orderTestBuild } from '../../server/tasks/test-recipe-builds.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

/** Two guests boot, emulated, on a host that is busy. */
const limitMs = 600_000;

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

const document = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Create
        action: CreateFile
        inputs: [{ path: /etc/golden, content: "it's golden\\n", permissions: "0640" }]
      - name: Script
        action: ExecuteBash
        inputs:
          commands:
            - mkdir -p /root/.ssh && echo ssh-ed25519 AAAA > /root/.ssh/authorized_keys
            - echo secret > /root/.ash_history
            - cat /etc/golden
  - name: validate
    steps:
      - name: Golden
        action: Assert
        inputs:
          stringEquals: it's golden
          value: '{{ build.Script.outputs.stdout }}'
  - name: test
    steps:
      - name: There
        action: ExecuteBash
        inputs:
          commands:
            - set -e
            - grep golden /etc/golden
            - test ! -e /root/.ssh/authorized_keys
            - test ! -e /root/.ash_history
`;

test('micro: a component changes a machine, and the image that it becomes passes its test', async () => {
  const { Images = [] } = await imago.ec2().send(new DescribeImagesCommand({}));
  const parent = Images.find(({ Name }) => Name?.startsWith('imago-micro'));
  await imago.stop();
  const home = new Home(imago.home);
  const catalog = await openSqliteCatalog(home.catalogFile);
  const [{ account = '' } = {}] = await catalog.read(({ credentials }) => credentials.list());
  const hostId = (await readFile(home.hostIdFile, 'utf8')).trim();
  const services = { clock: systemClock, ids: randomIds, site: { hostId } };
  const arn = await orderTestBuild(
    { catalog, services, caller: { account, region: 'us-east-1' } } as never,
    { parentImageId: parent?.ImageId ?? '', documents: [document] },
  );
  await imago.start();
  const isOver = ({ finishedAt }: ImageBuildRow) => finishedAt !== undefined;
  const read = () => catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
  await until('the build is over', async () => isOver((await read()) as ImageBuildRow), limitMs);
  const build = (await read()) as ImageBuildRow;
  const log = await readFile(path.join(home.buildLogsFolder, build.taskId), 'utf8');
  assert.equal(build.state, 'AVAILABLE', `${build.reason}\n${log}`);
  assert.match(log, /it's golden/);
  assert.equal(build.workflows.find(({ type }) => type === 'TEST')?.status, 'COMPLETED');
  await catalog.close();
});
