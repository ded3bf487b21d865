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
  command(drill, 'list [backup]', 'List drills, and how long they took, backup by backup.', [
    'imago drill list',
    'imago drill list ami-0123456789abcdef0 --json',
  ])
    .inRegion()
    .action(async (backup, options, list) => {
      const { drillListCommand } = await import('../commands/drill-list.ts');
      await drillListCommand(contextOf({ ...list.optsWithGlobals(), ...options }), backup);
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
}
