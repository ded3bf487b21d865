/**
 * Checks of the kind `query` on real databases. What a drill would run in its guest runs on this
 * host as root, in a namespace whose /run is its own: there PostgreSQL and MariaDB have the sockets
 * that Debian gives them, and know users as they do there. Only root may make that.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { DrillCheckRequest } from '../../../api/imago-drill-checks.ts';
import type { Host } from '../../host/host.ts';
import { describeDrills } from '../../operations/imago/DescribeDrills.ts';
import { startDrill } from '../../operations/imago/StartDrill.ts';
import { TestImago, withFaults } from '../test-imago.ts';

const run = promisify(execFile);
/** The first process of its own: when that is killed all of them are gone. */
const start = `
mount -t tmpfs tmpfs /run
mkdir /run/postgresql /run/mysqld "$1/pg" "$1/my"
chown postgres /run/postgresql "$1/pg"
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
cd "$1"
runuser -u postgres -- "$bin/initdb" -D "$1/pg" -A peer -N > /dev/null
mariadb-install-db --user=root --auth-root-authentication-method=socket --datadir="$1/my" \
  --skip-test-db > /dev/null 2>&1
runuser -u postgres -- "$bin/postgres" -D "$1/pg" -c listen_addresses= > /dev/null 2>&1 &
mariadbd --no-defaults --user=root --datadir="$1/my" --socket=/run/mysqld/mysqld.sock \
  --pid-file="$1/my.pid" --skip-networking > /dev/null 2>&1 &
until runuser -u postgres -- psql -XAtqc 'SELECT 1' > /dev/null 2>&1; do sleep 0.2; done
until mariadb --execute 'SELECT 1' > /dev/null 2>&1; do sleep 0.2; done
runuser -u postgres -- createdb shop
runuser -u postgres -- psql -Xqd shop -c "CREATE TABLE orders (id int, note text);
  INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c');
  CREATE ROLE nobody LOGIN; GRANT SELECT ON orders TO nobody"
mariadb --execute "CREATE DATABASE shop; CREATE TABLE shop.orders (id int);
  INSERT INTO shop.orders VALUES (1), (2); CREATE USER reader; GRANT SELECT ON shop.* TO reader"
echo ready
wait
`;

const psql = { Client: 'psql', WithinSeconds: 0 } as const;
const mysql = { Client: 'mysql', WithinSeconds: 0 } as const;

describe('a query', { skip: process.getuid?.() !== 0 && 'only root makes the namespace' }, () => {
  let folder: string;
  let databases: ChildProcess;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'im-query-'));
    await chmod(folder, 0o755);
    const spaces = ['--mount', '--propagation', 'private', '--pid', '--kill-child'];
    const words = [...spaces, 'sh', '-e', '-c', start, 'sh', folder];
    databases = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    // Of what failed there is nothing but the end.
    const [said] = await once(databases.stdout ?? databases, 'data', {
      signal: AbortSignal.timeout(120_000),
    });
    assert.match(String(said), /ready/);
  });
  after(async () => {
    const ended = once(databases, 'exit');
    databases.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  });

  /** Like the guest's agent: each command once, by its name. */
  const inNamespace = withFaults<Host>((host) => {
    const outcomes = new Map<string, Promise<{ exitCode: number; out: string; err: string }>>();
    return {
      async beginCommand(_, { id, argv }) {
        const words = ['--target', String(databases.pid), '--mount', ...argv];
        const outcome = run('nsenter', words, { cwd: folder }).then(
          ({ stdout: out, stderr: err }) => ({ exitCode: 0, out, err }),
          ({ code, stdout: out, stderr: err }) => ({ exitCode: Number(code), out, err }),
        );
        if (!outcomes.has(id)) outcomes.set(id, outcome);
      },
      async commandState(instanceId, id, from) {
        const outcome = await outcomes.get(id);
        if (!outcome) return host.commandState(instanceId, id, from);
        const stdout = Buffer.from(outcome.out).subarray(from.stdout);
        const stderr = Buffer.from(outcome.err).subarray(from.stderr);
        const { exitCode } = outcome;
        return { state: 'ended', exitCode, stdout, stderr, elapsedSeconds: 0 };
      },
    };
  });

  async function drilled(Checks: DrillCheckRequest[]) {
    await using imago = await TestImago.start({ wrapHost: inNamespace });
    const { id: ImageId } = await imago.image();
    await imago.call(startDrill, { ImageId, Checks });
    await imago.untilQuiet();
    const [drill] = (await imago.call(describeDrills, {})).Drills;
    assert.equal(drill?.Results.length, Checks.length, drill?.Reason);
    return drill.Results.map(({ Reason }) => Reason ?? 'holds');
  }

  test('is answered by PostgreSQL as its own user, or another, of the database that is named', async () => {
    const of = { ...psql, Database: 'shop' };
    const found = await drilled([
      { ...psql, Query: 'SELECT current_user, current_database()', Equals: 'postgres|postgres' },
      { ...of, Query: 'SELECT count(*) FROM orders', Equals: '3' },
      { ...of, Query: 'SELECT count(*) > 2 FROM orders', Equals: 't' },
      { ...of, Query: 'SELECT note FROM orders ORDER BY id', Equals: 'a\nb\nc' },
      { ...of, Query: `SELECT 'it''s "$1" $(id) \`id\`;'`, Equals: 'it\'s "$1" $(id) `id`;' },
      { ...of, Query: '-- first\nSELECT 1;\nSELECT 2', Contains: '2' },
      { ...of, User: 'nobody', Query: 'SELECT current_user', Equals: 'nobody' },
      { ...of, Query: 'SELECT count(*) FROM orders', Equals: '4' },
      { ...of, Query: 'SELECT * FROM bills' },
      { ...of, User: 'nobody', Query: 'DELETE FROM orders' },
      { ...psql, Database: 'none', Query: 'SELECT 1' },
    ]);
    assert.deepEqual(found.slice(0, 8), [...Array(7).fill('holds'), 'its output is "3"']);
    const [missing, denied, none] = found.slice(8);
    assert.match(missing ?? '', /^exit code 1: ERROR: {2}relation "bills" does not exist/);
    assert.match(denied ?? '', /^exit code 1: ERROR: {2}permission denied for table orders/);
    assert.match(none ?? '', /^exit code 2: .*FATAL: {2}database "none" does not exist/);
  });

  test('is answered by MariaDB as root by its socket, or as another', async () => {
    const of = { ...mysql, Database: 'shop' };
    const found = await drilled([
      { ...mysql, Query: 'SELECT current_user(), database()', Equals: 'root@localhost\tNULL' },
      { ...of, Query: 'SELECT count(*) FROM orders', Equals: '2' },
      { ...of, Query: 'SELECT id FROM orders ORDER BY id', Equals: '1\n2' },
      { ...of, Query: `SELECT 'it''s "$1" $(id) \`id\`;'`, Equals: 'it\'s "$1" $(id) `id`;' },
      { ...of, User: 'reader', Query: 'SELECT current_user()', Equals: 'reader@%' },
      { ...of, Query: 'SELECT count(*) FROM orders', Equals: '4' },
      { ...of, Query: 'SELECT * FROM bills' },
      { ...of, User: 'reader', Query: 'DELETE FROM orders' },
      { ...mysql, Database: 'none', Query: 'SELECT 1' },
    ]);
    assert.deepEqual(found.slice(0, 6), [...Array(5).fill('holds'), 'its output is "2"']);
    const [missing, denied, none] = found.slice(6);
    assert.match(missing ?? '', /^exit code 1: ERROR 1146 .*'shop.bills' doesn't exist/);
    assert.match(denied ?? '', /^exit code 1: ERROR 1142 .* denied to user 'reader'/);
    assert.match(none ?? '', /^exit code 1: ERROR 1049 .*Unknown database 'none'/);
  });
});
