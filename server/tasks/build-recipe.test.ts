import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { TestImago } from './test-imago.ts';
import { orderTestBuild } from './test-recipe-builds.ts';

const document = `schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Create
        action: CreateFile
        inputs: [{ path: /etc/golden, content: yes }]
      - name: Again
        action: Reboot
  - name: test
    steps:
      - name: There
        action: Assert
        inputs: { fileExists: /etc/golden }
`;

test('a build ends with an image, its steps told, and no machine left', async () => {
  await using imago = await TestImago.start();
  const parent = await imago.image();
  const arn = await orderTestBuild(imago, { parentImageId: parent.id, documents: [document] });
  await imago.restart();
  const tasks = await imago.untilQuiet();
  assert.deepEqual(tasks.map(({ error }) => error).filter(Boolean), []);
  const { build, instances } = await imago.catalog.read(async (reader) => ({
    build: await reader.imageBuilds.get(arn),
    instances: await reader.instances.list(),
  }));
  assert.equal(build?.state, 'AVAILABLE');
  assert.deepEqual(
    instances.map(({ state }) => state),
    ['terminated', 'terminated'],
  );
  const image = await imago.catalog.read(({ images }) => images.get(build.imageId ?? ''));
  assert.equal(image?.state, 'available');
  assert.equal(image?.tags.Stage, 'golden');
  assert.equal(image?.tags.Ec2ImageBuilderArn, arn);
  assert.deepEqual(
    build.workflows.map(({ type, status, steps }) => [type, status, steps.length]),
    [
      ['BUILD', 'COMPLETED', 6],
      ['TEST', 'COMPLETED', 3],
      ['DISTRIBUTION', 'COMPLETED', 1],
    ],
  );
  const log = await readFile(imago.home.buildLogFile(build.taskId), 'utf8');
  assert.match(log, /Step Create \(CreateFile\)/);
  assert.match(log, /a simulated machine runs no command/);
  assert.match(log, /Rebooting/);
});
