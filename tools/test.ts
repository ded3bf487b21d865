/**
 * Runs every test, or those whose path contains one of the arguments: the quick ones beside the
 * sources first, then what crosses processes, then real guests. One run of node:test, so that there
 * is one summary.
 *
 *   npm test                 all
 *   tools/node24 tools/test.ts server/catalog test/vm/micro
 */
import { endOf, filesWith, startRun } from './test-run.ts';

const order = ['api', 'server', 'cli', 'console', 'tools', 'bench', 'test'];

const wanted = process.argv.slice(2);
const files = filesWith('.test.ts', order, wanted);

if (files.length === 0) {
  console.error(`No test file has ${wanted.join(' or ')} in its path.`);
  process.exitCode = 2;
} else {
  process.exitCode = await endOf(startRun(files, { stdio: 'inherit' }));
}
