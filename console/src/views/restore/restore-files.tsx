/** Files of a backup: looked for folder by folder, and downloaded as a tar archive. */
import { useState } from 'preact/hooks';
import '../../styles/contents.css';
import { backupRoutes } from '../../../../api/imago-backups.ts';
import { useSession } from '../../api/session.tsx';
import { AsCommand } from '../../parts/as-command.tsx';
import { Problem } from '../../parts/problem.tsx';
import { saveFrom } from '../../parts/save-file.ts';
import { restoreText as text } from '../../text/restore.ts';
import { FileTree } from '../contents/file-tree.tsx';
import { type Place, placeOf } from '../contents/place.ts';
import { visibleLine } from '../contents/visible.ts';
import { commandOf, type Wanted } from './request.ts';

export function RestoreFiles({ id, wanted }: { id: string; wanted: Wanted }) {
  const [chosen, setChosen] = useState<Place>({ Path: '/' });
  const { client } = useSession();
  const [failed, setFailed] = useState<unknown>();
  const path = chosen.Path ?? '/';
  const download = async () => {
    setFailed(undefined);
    const at = backupRoutes.GetBackupArchive.replace(/^GET /, '').replace('{BackupId}', id);
    const { Path = '', PathBytes } = placeOf(chosen);
    const query: Record<string, string> = PathBytes ? { pathBytes: PathBytes } : { path: Path };
    try {
      saveFrom(await client.url(at, query), `${id}.tar`);
    } catch (error) {
      setFailed(error);
    }
  };
  return (
    <section class="card">
      <h2>{text.forms.files}</h2>
      <p class="hint">{text.filesMeans}</p>
      <nav class="tree" aria-label={text.folder}>
        <FileTree of={{ BackupId: id }} chosen={chosen} choose={setChosen} choosesFolders />
      </nav>
      <p>
        {text.chosenPath}: <code>{visibleLine(path)}</code>
      </p>
      <p class="hint">{text.tarMeans}</p>
      {failed !== undefined && <Problem error={failed} />}
      <div class="actions">
        <button type="button" class="main" onClick={() => void download()}>
          {text.download}
        </button>
      </div>
      {isSayable(chosen) && <AsCommand text={commandOf({ ...wanted, backup: id }, path)} />}
    </section>
  );
}

/** A name that is not what it seems is not for a terminal. */
const isSayable = ({ Path = '/', PathBytes }: Place) =>
  PathBytes === undefined && visibleLine(Path) === Path;
