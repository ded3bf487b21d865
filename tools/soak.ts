/**
 * Runs the tests that take long: every `*.soak.ts` beside the sources, or those whose path contains
 * one of the arguments. Stories of crash points go through all points of a seed, then of the next.
 *
 *   npm run soak                                          all
 *   tools/node24 tools/soak.ts server/collection --seed 7 --points 2000 --minutes 10
 */
import { parseArgs } from 'node:util';
import { filesWith, runTests } from './test-run.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    points: { type: 'string' },
    minutes: { type: 'string' },
  },
});

const files = filesWith('.soak.ts', ['api', 'cli', 'server', 'test'], positionals);

if (files.length === 0) {
  console.error(`No soak file has ${positionals.join(' or ')} in its path.`);
  process.exitCode = 2;
} else {
  process.env.IMAGO_SOAK_SEED = values.seed;
  if (values.points !== undefined) process.env.IMAGO_SOAK_POINTS = values.points;
  if (values.minutes !== undefined) process.env.IMAGO_SOAK_MINUTES = values.minutes;
  let told = '';
  const isWell = await runTests([{ files, filesAtOnce: 2 }], (text) => {
    told += text;
  });
  const figures = [
    ...told.matchAll(/^soak: .*?: (\d+) points .*, (\d+) lost, (\d+) doubled, (\d+) leaked/gm),
  ];
  const sum = (group: number) => figures.reduce((all, line) => all + Number(line[group]), 0);
  if (figures.length > 0) {
    console.log(
      `crash points ${sum(1)}, lost ${sum(2)}, doubled ${sum(3)}, leaked ${sum(4)}; ` +
        `seed ${values.seed}`,
    );
  }
  process.exitCode = isWell ? 0 : 1;
}
