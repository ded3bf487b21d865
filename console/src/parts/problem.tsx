/** An error of the API in its own words, with a way to try again. */
import { ApiError } from '../api/client.ts';
import { common } from '../text/common.ts';

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const code = error instanceof ApiError ? error.code : undefined;
  return (
    <div class="problem" role="alert">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {code && <code>{code}</code>}
      {retry && (
        <button type="button" onClick={retry}>
          {common.retry}
        </button>
      )}
    </div>
  );
}
