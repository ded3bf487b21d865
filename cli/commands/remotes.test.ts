import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { connect } from '../context.ts';
import { backupsPullCommand, backupsPushCommand } from './remote-copies.ts';
import {
  remotesAddCommand,
  remotesListCommand,
  remotesRemoveCommand,
  remotesStopCommand,
  remotesUpdateCommand,
} from './remotes.ts';
import { BurningImago } from './test-burning-imago.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

test('a backup is sent to another Imago and fetched again, with the key of its home', async () => {
  using imago = new BurningImago();
  const { backup } = await imago.make();
  const far = await newHome();
  const server = await serveSimulated(far);
  try {
    await imago.use(async () => {
      const run = async (
        work: (context: ReturnType<typeof commandContext>['context']) => unknown,
      ) => {
        const { context, printed } = commandContext(imago.home);
        await work(context);
        return printed().trim();
      };
      const { endpoint } = server;
      const place = { endpoint, remoteRegion: 'us-east-1', credentials: far.credentialsFile };
      const asked = { ...place, rate: '100MiB', send: ['backup=nightly'] };
      await assert.rejects(
        run((context) => remotesAddCommand(context, 'second', { ...asked, send: ['x'] })),
        { message: '--send x is no tag.' },
      );
      assert.match(
        await run((context) => remotesAddCommand(context, 'second', asked)),
        /^remote-[0-9a-f]{17}$/,
      );
      const other = { credentials: imago.home.credentialsFile };
      await run((context) => remotesUpdateCommand(context, 'second', other));
      await assert.rejects(
        run((context) => backupsPushCommand(context, backup, 'second')),
        { message: /second answers/ },
      );
      const right = { credentials: far.credentialsFile };
      await run((context) => remotesUpdateCommand(context, 'second', right));
      const made = await run((context) => backupsPushCommand(context, backup, 'second'));
      const there = connect(commandContext(far).context);
      const { Images = [] } = await there.ec2('DescribeImages', { ImageIds: [made] });
      assert.equal(Images[0]?.Name, 'web-backup');
      const pulling = { from: 'second', name: 'back' };
      const back = await run((context) => backupsPullCommand(context, made, pulling));
      const here = connect(commandContext(imago.home).context);
      const { Images: found = [] } = await here.ec2('DescribeImages', { ImageIds: [back] });
      assert.equal(found[0]?.Name, 'back');
      const listed = await run(remotesListCommand);
      assert.match(
        listed,
        /^second \(remote-\w+\)\nhttp:\/\/127\.0\.0\.1:\d+ +AKIA\w+ +100.0 MiB\/s +backup=nightly/m,
      );
      assert.match(listed, new RegExp(`\n${backup} to second\ntransfer-.* second answers`));
      assert.match(listed, new RegExp(`\n${backup} to second\ntransfer-.* ${made} +completed`));
      assert.match(listed, new RegExp(`\n${made} from second\ntransfer-.* ${back} +completed`));
      const [transfer = ''] = /transfer-\w+/.exec(listed) ?? [];
      assert.match(
        await run((context) => remotesStopCommand(context, transfer)),
        /had ended: it is completed/,
      );
      await assert.rejects(
        run((context) => backupsPushCommand(context, backup, 'third')),
        { message: "There is no remote 'third'." },
      );
      await run((context) => remotesRemoveCommand(context, 'second'));
      assert.equal(await run(remotesListCommand), 'There are no remotes.');
    });
  } finally {
    await server.close();
    rmSync(far.folder, { recursive: true });
  }
});
