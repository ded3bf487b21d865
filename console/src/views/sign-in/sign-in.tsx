/**
 * Signing in, by an access key or by the link of `bin/imago open`, whose part behind `#` holds
 * credentials that are good for a minute and for this alone.
 */
import { useEffect, useState } from 'preact/hooks';
import { type Profile, profileOf, signInByLink } from '../../api/profiles.ts';
import { Check, Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { go, href, useRoute } from '../../route.ts';
import { common } from '../../text/common.ts';
import { signInText as text } from '../../text/sign-in.ts';

interface Props {
  onSignedIn(profile: Profile): void;
  onBack?: () => void;
  note?: string;
}

const usualRegion = 'us-east-1';
/** Where the page came from, unless it says otherwise: Imago serves both. */
const usualEndpoint = location.origin;

export function SignIn({ onSignedIn, onBack, note }: Props) {
  const link = useLink(onSignedIn);
  if (link.isBusy) {
    return (
      <main class="sign-in">
        <p role="status">{text.busy}</p>
      </main>
    );
  }
  return (
    <main class="sign-in">
      <h1>
        <img src="./mark.svg" alt="" width="32" height="32" /> {common.appName}
      </h1>
      {note && <p class="note">{note}</p>}
      {link.hasFailed && <p class="note">{text.linkUsed}</p>}
      {isSecureContext ? (
        <KeyForm onSignedIn={onSignedIn} />
      ) : (
        <p class="problem" role="alert">
          {text.needsSecure}
        </p>
      )}
      <p>{text.byCommand}</p>
      <pre>{text.command}</pre>
      {onBack && (
        <button type="button" onClick={onBack}>
          {common.cancel}
        </button>
      )}
    </main>
  );
}

function KeyForm({ onSignedIn }: Pick<Props, 'onSignedIn'>) {
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecret] = useState('');
  const [endpoint, setEndpoint] = useState(usualEndpoint);
  const [region, setRegion] = useState(usualRegion);
  const [kept, setKept] = useState(false);
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      const credentials = {
        accessKeyId: accessKeyId.trim(),
        secretAccessKey: secretAccessKey.trim(),
      };
      onSignedIn(await profileOf({ endpoint, region, credentials, kept }));
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <p>{text.intro}</p>
      <Field
        label={text.accessKeyId}
        value={accessKeyId}
        onText={setAccessKeyId}
        autocomplete="username"
        spellcheck={false}
        required
      />
      <Field
        label={text.secretAccessKey}
        type="password"
        value={secretAccessKey}
        onText={setSecret}
        autocomplete="current-password"
        required
      />
      <Check label={text.keep} hint={text.keepHint} checked={kept} onCheck={setKept} />
      <details>
        <summary>{text.another}</summary>
        <Field label={text.endpoint} type="url" value={endpoint} onText={setEndpoint} required />
        <Field label={text.region} value={region} onText={setRegion} required />
      </details>
      {error !== undefined && <Problem error={error} />}
      <button type="submit" class="main" disabled={isBusy}>
        {isBusy ? text.busy : text.submit}
      </button>
    </form>
  );
}

/** `#/sign-in?key=…&secret=…&token=…&region=…` */
function useLink(onSignedIn: Props['onSignedIn']) {
  const { path, query } = useRoute();
  const [hasFailed, setHasFailed] = useState(false);
  const isThere = path[0] === 'sign-in' && query.has('key');
  useEffect(() => {
    if (!isThere) return;
    const credentials = {
      accessKeyId: query.get('key') ?? '',
      secretAccessKey: query.get('secret') ?? '',
      sessionToken: query.get('token') ?? '',
    };
    const region = query.get('region') ?? usualRegion;
    // Not to be found in the history, good for nothing as it is from now on.
    history.replaceState(null, '', href(['sign-in']));
    signInByLink({ endpoint: usualEndpoint, region, credentials, kept: true }).then(
      onSignedIn,
      () => {
        setHasFailed(true);
        go(href([]), { replace: true });
      },
    );
  }, []);
  return { isBusy: isThere && !hasFailed, hasFailed };
}
