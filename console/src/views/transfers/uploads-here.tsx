/** Files that this tab offers: how far Imago has read each, how fast, and what became of it. */
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { type Upload, useUploads } from '../../api/uploads.ts';
import { bytes } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { common } from '../../text/common.ts';
import { transfersText as text } from '../../text/transfers.ts';
import { CancelDialog } from './cancel-dialog.tsx';

const tones: Readonly<Record<Upload['state'], Tone>> = {
  waiting: 'busy',
  reading: 'busy',
  registering: 'busy',
  done: 'good',
  failed: 'bad',
  cancelled: 'quiet',
};

export function UploadsHere() {
  const { scope } = useSession();
  const all = useUploads().filter((upload) => upload.scope === scope);
  if (all.length === 0) return null;
  return (
    <section class="card">
      <h2>{text.here}</h2>
      <ul class="rows">
        {all.map((upload) => (
          <li key={upload.importId}>
            <OneUpload of={upload} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OneUpload({ of: upload }: { of: Upload }) {
  const { importId, fileName, sizeBytes, movedBytes, bytesPerSecond, state, message } = upload;
  const [isCancelled, setIsCancelled] = useState(false);
  const isUnderWay = state === 'waiting' || state === 'reading';
  const percent = usePercent(importId, isUnderWay);
  return (
    <div class="upload">
      <p>
        <strong>{fileName}</strong> <Mark tone={tones[state]}>{text.states[state]}</Mark>{' '}
        <IdLink id={upload.imageId ?? upload.snapshotId ?? importId} />
      </p>
      {isUnderWay && (
        <progress max={100} value={percent} aria-label={`${common.progress} ${fileName}`} />
      )}
      <p class="hint">
        {text.given(bytes(movedBytes), bytes(sizeBytes))}
        {isUnderWay &&
          bytesPerSecond !== undefined &&
          `, ${text.speed(bytes(Math.round(bytesPerSecond)))}`}
      </p>
      {message && <p class={state === 'failed' ? 'problem' : undefined}>{message}</p>}
      {isUnderWay && (
        <button
          type="button"
          aria-label={text.cancelOne(importId)}
          onClick={() => setIsCancelled(true)}
        >
          {text.cancel}
        </button>
      )}
      {isCancelled && <CancelDialog id={importId} onClose={() => setIsCancelled(false)} />}
    </div>
  );
}

/** What of the disk is stored, as Imago says; nothing while that is not known. */
function usePercent(id: string, enabled: boolean): number | undefined {
  const asked = { ImportTaskIds: [id] };
  const isSnapshot = id.startsWith('import-snap-');
  const snapshots = useAction('ec2', 'DescribeImportSnapshotTasks', asked, {
    tables: ['importSnapshotTasks'],
    enabled: enabled && isSnapshot,
  });
  const images = useAction('ec2', 'DescribeImportImageTasks', asked, {
    tables: ['importImageTasks'],
    enabled: enabled && !isSnapshot,
  });
  const told = isSnapshot
    ? snapshots.data?.ImportSnapshotTasks?.[0]?.SnapshotTaskDetail?.Progress
    : images.data?.ImportImageTasks?.[0]?.Progress;
  const percent = Number(told);
  return Number.isFinite(percent) ? percent : undefined;
}
