/**
 * Where disk files are dropped, anywhere on the page, or chosen, to be imported: what does that is
 * loaded then. It opens no file by itself.
 */
import { lazy, Suspense } from 'preact/compat';
import { useEffect, useState } from 'preact/hooks';
import { importText as text } from '../text/import-here.ts';

const ImportDialog = lazy(async () => ({
  default: (await import('../views/transfers/import-dialog.tsx')).ImportDialog,
}));

interface Props {
  /** What it becomes, if nobody says another. */
  makes: 'image' | 'snapshot';
}

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;

export function ImportHere({ makes }: Props) {
  const [isOver, setIsOver] = useState(false);
  const [asked, setAsked] = useState<{ file: File | undefined }>();
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    // What leaves the page comes from no element of it.
    const leave = ({ relatedTarget }: DragEvent) => relatedTarget === null && setIsOver(false);
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(false);
      const file = event.dataTransfer?.files[0];
      // An open dialog is not thrown away.
      if (file) setAsked((now) => now ?? { file });
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return (
    <>
      <button type="button" onClick={() => setAsked({ file: undefined })}>
        {text.open}
      </button>
      {isOver && <div class="drop">{text.drop}</div>}
      {asked && (
        <Suspense fallback={null}>
          <ImportDialog file={asked.file} makes={makes} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </>
  );
}
