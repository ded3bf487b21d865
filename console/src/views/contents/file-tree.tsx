/** Files of an image or a backup as a tree, folder by folder as they are opened. */
import { useEffect, useState } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { filesText as text } from '../../text/contents.ts';
import { type Place, placeOf } from './place.ts';
import { visibleLine } from './visible.ts';

type FileTold = Output<'imago', 'ListImageFiles'>['Files'][number];

const pageSize = 200;

interface Props {
  of: { ImageId: string } | { BackupId: string };
  chosen: Place | undefined;
  choose(place: Place): void;
  /** A folder that is opened is chosen. */
  choosesFolders?: boolean;
}

export function FileTree(props: Props) {
  return <Folder {...props} place={{ Path: '/' }} />;
}

function Folder({ place, ...props }: Props & { place: Place }) {
  const found = useFiles(props.of, place);
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const files = found.data.pages.flatMap(({ Files }) => Files);
  return (
    <>
      {files.length === 0 && !found.hasNextPage && <p class="hint">{text.empty}</p>}
      <ul>
        {files.map((file) => (
          <li key={file.PathBytes ?? file.Path}>
            <Entry {...props} file={file} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button
          type="button"
          class="more"
          disabled={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {found.isFetchingNextPage ? common.loading : common.more}
        </button>
      )}
    </>
  );
}

/** A tree is of one kind as long as it is there. */
function useFiles(of: Props['of'], place: Place) {
  const asking = { tables: [], pageSize };
  return 'ImageId' in of
    ? usePages('imago', 'ListImageFiles', { ...of, ...placeOf(place) }, asking)
    : usePages('imago', 'ListBackupFiles', { ...of, ...placeOf(place) }, asking);
}

function Entry({ file, ...props }: Props & { file: FileTold }) {
  const { chosen, choose, choosesFolders } = props;
  const [isOpen, setIsOpen] = useState(false);
  // The way to what the address names is open.
  const isOnWay = chosen?.Path?.startsWith(`${file.Path}/`) ?? false;
  useEffect(() => setIsOpen((was) => was || isOnWay), [isOnWay]);
  const isChosen = chosen?.PathBytes
    ? chosen.PathBytes === file.PathBytes
    : chosen?.Path === file.Path;
  const name = visibleLine(nameOf(file));
  if (file.Kind !== 'folder') {
    return (
      <button
        type="button"
        class="plain"
        aria-current={isChosen ? 'true' : undefined}
        onClick={() => choose(file)}
      >
        {file.Kind === 'link' ? `${name} → ${visibleLine(file.Target ?? '')}` : name}
      </button>
    );
  }
  const toggle = (opens: boolean) => {
    setIsOpen(opens);
    if (opens && choosesFolders && !isOnWay) choose(file);
  };
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => toggle(currentTarget.open)}>
      <summary aria-current={isChosen ? 'true' : undefined}>{name}/</summary>
      {isOpen && <Folder {...props} place={file} />}
    </details>
  );
}

/** The last part of its path. */
const nameOf = ({ Path }: FileTold) => Path.slice(Path.lastIndexOf('/') + 1);
