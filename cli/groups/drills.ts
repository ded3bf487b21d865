/** `imago drill …`: backups are booted, looked into and judged. */
import { type Command, command, contextOf, repeated } from '../command-line.ts';

export function addDrills(program: Command): void {
  const drill = command(
    program,
    'drill [backup]',
    'Boot a backup without a cable to anybody, look into it, and judge it.',
    [
      'imago drill ami-0123456789abcdef0',
      'imago drill ami-0123456789abcdef0 --checks drill.yaml',
      'imago drill snap-0123456789abcdef0',
      'imago drill list',
      'imago drill show drill-0123456789abcdef0',
      'imago drill checks put i-0123456789abcdef0 drill.yaml',
    ],
  )
    .option('--checks <file>', 'YAML file with what is looked at: commands, files, services …')
    .option(
      '--compare <path>',
      'file of which the guest has to say what the backup’s disks have; may be repeated',
      repeated,
    )
    .option('--no-wait', 'only begin it, and print its id')
    .inRegion()
    .action(async (backup, options) => {
      if (backup === undefined) return drill.help();
      const { drillCommand } = await import('../commands/drill.ts');
      await drillCommand(contextOf(options), backup, options);
    });
  command(drill, 'list [of]', 'List drills, and how long they took, of each machine or of one.', [
    'imago drill list',
    'imago drill list i-0123456789abcdef0',
    'imago drill list ami-0123456789abcdef0 --json',
  ])
    .inRegion()
    .action(async (of, options, list) => {
      const { drillListCommand } = await import('../commands/drill-list.ts');
      await drillListCommand(contextOf({ ...list.optsWithGlobals(), ...options }), of);
    });
  command(drill, 'show <drill>', 'Show a drill: its checks with what they wrote, and its times.', [
    'imago drill show drill-0123456789abcdef0',
    'imago drill show drill-0123456789abcdef0 --screen screen.jpg --console',
  ])
    .option('--screen <file>', 'write there what the screen of one that failed showed (JPEG)')
    .option('--console', 'show what the console of one that failed said')
    .inRegion()
    .action(async (id, options, show) => {
      const { drillShowCommand } = await import('../commands/drill-show.ts');
      const all = { ...show.optsWithGlobals(), ...options };
      await drillShowCommand(contextOf(all), id, options);
    });
  command(drill, 'stop <drill>', 'End a drill: its machine goes, and it has no verdict.', [
    'imago drill stop drill-0123456789abcdef0',
  ])
    .inRegion()
    .action(async (id, options, stop) => {
      const { drillStopCommand } = await import('../commands/drill.ts');
      await drillStopCommand(contextOf({ ...stop.optsWithGlobals(), ...options }), id);
    });
  addChecks(drill);
}

function addChecks(drill: Command): void {
  const checks = drill
    .command('checks')
    .description('Say once when a machine is well: each drill of its backups looks at that.');
  command(checks, 'put <source> <file>', 'Say it, in place of what was said before.', [
    'imago drill checks put i-0123456789abcdef0 drill.yaml',
  ])
    .inRegion()
    .addHelpText(
      'after',
      '\nThe file is as for imago drill --checks. It counts for an instance or a volume that is gone,\n' +
        'too, for drills by hand and by restore testing plans, and for copies in other regions.',
    )
    .action(async (source, file, options, all) => {
      const { drillChecksPutCommand } = await import('../commands/drill-checks.ts');
      await drillChecksPutCommand(
        contextOf({ ...all.optsWithGlobals(), ...options }),
        source,
        file,
      );
    });
  command(checks, 'list', 'List of what it is said.', ['imago drill checks list'])
    .inRegion()
    .action(async (options, all) => {
      const { drillChecksListCommand } = await import('../commands/drill-checks.ts');
      await drillChecksListCommand(contextOf({ ...all.optsWithGlobals(), ...options }));
    });
  command(checks, 'show <source>', 'Show it, as a file that put takes.', [
    'imago drill checks show i-0123456789abcdef0 > drill.yaml',
  ])
    .inRegion()
    .action(async (source, options, all) => {
      const { drillChecksShowCommand } = await import('../commands/drill-checks.ts');
      await drillChecksShowCommand(contextOf({ ...all.optsWithGlobals(), ...options }), source);
    });
  command(checks, 'delete <source>', 'Take it back; drills that are under way go on with it.', [
    'imago drill checks delete i-0123456789abcdef0',
  ])
    .inRegion()
    .action(async (source, options, all) => {
      const { drillChecksDeleteCommand } = await import('../commands/drill-checks.ts');
      await drillChecksDeleteCommand(contextOf({ ...all.optsWithGlobals(), ...options }), source);
    });
}
