/** An id that can be taken along with one click. */
import { useState } from 'preact/hooks';
import { common } from '../text/common.ts';

const shownMs = 1500;

export function CopiedId({ id = '' }: { id: string | undefined }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), shownMs);
  };
  return (
    <span class="copy-id">
      <code>{id}</code>{' '}
      <button type="button" class="plain" aria-label={common.copy(id)} onClick={copy}>
        {isCopied ? common.copied : common.copyShort}
      </button>
    </span>
  );
}
