/** What the system in an image says of itself: read from its disks, without booting it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { type Column, List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { systemText as text } from '../../text/contents.ts';
import { imageText } from '../../text/image.ts';
import type { PartProps } from '../images/kinds.ts';
import { visibleLine } from './visible.ts';

type Contents = Output<'imago', 'DescribeImageContents'>;

export function ImageSystem({ image: { ImageId = '' } }: PartProps) {
  const found = useAction('imago', 'DescribeImageContents', { ImageId }, { tables: [] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const { Partitions, Users, Services, Ssh, Sudo, Crontab } = found.data;
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.hint}</p>
        <Facts of={factsOf(found.data)} />
      </section>
      <Told text={text.partitions} columns={partitionColumns} items={Partitions} />
      <Told text={text.users} columns={userColumns} items={Users} />
      <Told text={text.services} columns={serviceColumns} items={Services} />
      <Told text={text.settings} columns={settingColumns} items={Ssh} />
      <Told text={text.sudo} columns={sudoColumns} items={Sudo} />
      <Told text={text.cron} columns={cronColumns} items={Crontab} />
      <Sizes id={ImageId} />
    </>
  );
}

function factsOf({ System, BootMode, Kernels, Packages, PackagesUnreadable }: Contents) {
  const name = System.Name ?? [System.Id, System.Version].filter(Boolean).join(' ');
  return [
    [text.name, name ? visibleLine(name) : text.noSystem],
    [text.hostname, shown(System.Hostname)],
    [text.timeZone, shown(System.TimeZone)],
    [text.boot, BootMode && imageText.boot(BootMode)],
    [
      text.kernels,
      Kernels.map(({ Version, Modules }) =>
        [visibleLine(Version), !Modules && text.withoutModules].filter(Boolean).join(' '),
      ).join(', '),
    ],
    [
      text.packages,
      PackagesUnreadable === undefined
        ? Packages.map(({ Manager, Count }) => text.count(Count, Manager)).join(', ')
        : text.unreadable(PackagesUnreadable),
    ],
  ] as const;
}

interface ToldProps<Item> {
  text: { title: string; none: string };
  columns: readonly Column<Item>[];
  items: readonly Item[];
}

/** All of one kind; what there is none of is said. */
function Told<Item>({ text: { title, none }, columns, items }: ToldProps<Item>) {
  return (
    <section class="card">
      <h2>{title}</h2>
      <List
        caption={title}
        columns={columns}
        items={items}
        keyOf={(item) => JSON.stringify(item)}
        empty={none}
      />
    </section>
  );
}

function Sizes({ id }: { id: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const input = { ImageId: id, FolderSizes: true };
  const found = useAction('imago', 'DescribeImageContents', input, {
    tables: [],
    enabled: isAsked,
  });
  return (
    <section class="card">
      <h2>{text.sizes.title}</h2>
      {isAsked ? (
        <List
          caption={text.sizes.title}
          columns={sizeColumns}
          items={found.data?.Folders}
          keyOf={({ Path }) => Path}
          empty={text.sizes.none}
          error={found.error}
          retry={() => void found.refetch()}
        />
      ) : (
        <>
          <p class="hint">{text.sizes.hint}</p>
          <button type="button" onClick={() => setIsAsked(true)}>
            {text.sizes.ask}
          </button>
        </>
      )}
    </section>
  );
}

const shown = (value: string | undefined) => value && visibleLine(value);
const code = (value: string | undefined): ComponentChildren =>
  value && <code class="long">{visibleLine(value)}</code>;

const partitionColumns: Column<Contents['Partitions'][number]>[] = [
  { title: text.partitions.disk, cell: ({ Disk }) => Disk, isFigure: true },
  { title: text.partitions.number, cell: (each) => each.Number ?? common.none, isFigure: true },
  { title: text.partitions.mounted, cell: ({ MountPath }) => code(MountPath) },
  {
    title: text.partitions.system,
    cell: ({ FileSystem, Unclean, Unreadable }) => (
      <>
        {visibleLine(FileSystem)} {Unclean && <Mark tone="busy">{text.partitions.unclean}</Mark>}
        {Unreadable && <p class="hint">{visibleLine(Unreadable)}</p>}
      </>
    ),
  },
  { title: text.partitions.label, cell: ({ Label, Name }) => shown(Label ?? Name) },
  { title: text.partitions.size, cell: ({ SizeBytes }) => bytes(SizeBytes), isFigure: true },
];

const userColumns: Column<Contents['Users'][number]>[] = [
  { title: text.users.name, cell: ({ Name }) => shown(Name) },
  { title: text.users.id, cell: ({ Uid }) => Uid, isFigure: true },
  { title: text.users.groups, cell: ({ Groups }) => shown(Groups.join(', ')) },
  { title: text.users.home, cell: ({ Home }) => code(Home) },
  { title: text.users.shell, cell: ({ Shell }) => code(Shell) },
  {
    title: text.users.password,
    cell: ({ Password }) =>
      Password === 'none' ? (
        <Mark tone="bad">{text.users.passwords[Password]}</Mark>
      ) : (
        (text.users.passwords[Password] ?? Password)
      ),
  },
];

const serviceColumns: Column<Contents['Services'][number]>[] = [
  { title: text.services.name, cell: ({ Name }) => shown(Name) },
  { title: text.services.state, cell: ({ State }) => <Mark>{State}</Mark> },
  { title: text.services.for, cell: ({ For }) => shown(For.join(', ')) },
  { title: text.services.manager, cell: ({ Manager }) => Manager },
];

const settingColumns: Column<Contents['Ssh'][number]>[] = [
  { title: text.settings.name, cell: ({ Name }) => shown(Name) },
  {
    title: text.settings.value,
    cell: ({ Value, Conditional }) =>
      `${visibleLine(Value)} ${Conditional ? text.settings.conditional : ''}`,
  },
  { title: text.settings.file, cell: ({ File }) => code(File) },
];

const sudoColumns: Column<Contents['Sudo'][number]>[] = [
  { title: text.sudo.line, cell: ({ Line }) => code(Line) },
  { title: text.sudo.file, cell: ({ File }) => code(File) },
];

const cronColumns: Column<Contents['Crontab'][number]>[] = [
  { title: text.cron.schedule, cell: ({ Schedule }) => code(Schedule) },
  { title: text.cron.user, cell: ({ User }) => shown(User) },
  { title: text.cron.command, cell: ({ Command }) => code(Command) },
  { title: text.cron.file, cell: ({ File }) => code(File) },
];

const sizeColumns: Column<NonNullable<Contents['Folders']>[number]>[] = [
  { title: text.sizes.path, cell: ({ Path }) => code(Path) },
  { title: text.sizes.size, cell: ({ SizeBytes }) => bytes(SizeBytes), isFigure: true },
  { title: text.sizes.files, cell: ({ Files }) => Files, isFigure: true },
];
