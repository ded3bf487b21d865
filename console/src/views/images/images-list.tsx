/** Images by kind, searched on the server as one types. */
import { longPage, usePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { CrashMark } from '../../parts/consistency.tsx';
import { ago, bytes } from '../../parts/format.ts';
import { ImportHere } from '../../parts/import-here.tsx';
import type { Column } from '../../parts/list.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, href, type Route } from '../../route.ts';
import { imagesText as text } from '../../text/images.ts';
import { type Image, isProtected, type Kind, kinds, requestOf } from './kinds.ts';
import { severityTone } from './severity.ts';
import { systemOf } from './system.ts';
import { SystemSign } from './system-sign.tsx';

export function ImagesList({ route }: { route: Route }) {
  const kind = currentTab(route, kinds);
  const search = route.query.get('q') ?? '';
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField
          label={text.search}
          value={search}
          onSearch={(q) => ask(route, { tab: kind, q })}
        />
        <ImportHere makes="image" />
      </header>
      <Tabs text={text} path={['images']} names={kinds} query={{ q: search }} current={kind} />
      <ImagesOf key={kind} kind={kind} search={search} />
    </>
  );
}

function ImagesOf({ kind, search }: { kind: Kind; search: string }) {
  const { profile } = useSession();
  const request = requestOf(kind, search, profile.account.AccountId);
  const images = usePages('ec2', 'DescribeImages', request, {
    tables: ['images'],
    pageSizeMax: longPage,
  });
  return (
    <PagedList
      caption={text.tabs[kind]}
      columns={columns}
      found={images}
      itemsOf={({ Images }) => Images}
      keyOf={({ ImageId = '' }) => ImageId}
      empty={search ? text.empty.search(search) : text.empty[kind]}
    />
  );
}

const columns: Column<Image>[] = [
  {
    title: text.columns.name,
    cell: (image) => (
      <>
        <SystemSign system={systemOf(image)} />{' '}
        <a href={href(['images', image.ImageId ?? ''])}>{image.Name}</a>
      </>
    ),
  },
  { title: text.columns.id, cell: ({ ImageId }) => <code>{ImageId}</code> },
  {
    title: text.columns.owner,
    cell: ({ ImageOwnerAlias, OwnerId }) => ImageOwnerAlias ?? OwnerId,
    isShort: true,
  },
  {
    title: text.columns.size,
    cell: ({ BlockDeviceMappings = [] }) => bytes(sizeOf(BlockDeviceMappings)),
    isFigure: true,
  },
  {
    title: text.columns.created,
    cell: ({ CreationDate }) => <Time at={CreationDate} />,
    isShort: true,
  },
  {
    title: text.columns.state,
    cell: (image) => (
      <>
        <State of={image.State} /> <Marks image={image} />
      </>
    ),
  },
  { title: text.columns.launch, cell: (image) => <Launch image={image} /> },
];

function Launch({ image: { ImageId = '', Name = '', State: state } }: { image: Image }) {
  if (state !== 'available') {
    return (
      <ActionButton because={text.notAvailable} onClick={() => {}}>
        {text.launch}
      </ActionButton>
    );
  }
  return (
    <a
      class="button"
      href={href(['instances', 'launch'], { image: ImageId })}
      aria-label={text.launchOne(Name)}
    >
      {text.launch}
    </a>
  );
}

const gibibyte = 1024 ** 3;
const sizeOf = (mappings: NonNullable<Image['BlockDeviceMappings']>) =>
  mappings.reduce((sum, { Ebs }) => sum + (Ebs?.VolumeSize ?? 0) * gibibyte, 0);

function Marks({ image }: { image: Image }) {
  const { Public, DeprecationTime, ImageAllowed, ScanResults } = image;
  const isDeprecated = DeprecationTime !== undefined && Date.parse(DeprecationTime) < Date.now();
  const severity = ScanResults?.HighestFindingSeverityLabel;
  return (
    <>
      {Public && <Mark>{text.marks.public}</Mark>}{' '}
      {isDeprecated && <Mark tone="busy">{text.marks.deprecated}</Mark>}
      {DeprecationTime && !isDeprecated && (
        <Mark>{text.marks.deprecatedAt(ago(DeprecationTime))}</Mark>
      )}{' '}
      <CrashMark of={image} /> {isProtected(image) && <Mark>{text.marks.protected}</Mark>}{' '}
      {ImageAllowed === false && <Mark tone="bad">{text.marks.notAllowed}</Mark>}{' '}
      {severity && <Mark tone={severityTone(severity)}>{text.marks.findings(severity)}</Mark>}
    </>
  );
}
