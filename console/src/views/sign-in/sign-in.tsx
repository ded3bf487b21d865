/** Signing in: by an access key, or by a link (by-link.tsx). */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Profile, profileOf } from '../../api/profiles.ts';
import { Check, Field } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { signInText as text } from '../../text/sign-in.ts';
import { Offer, useLink } from './by-link.tsx';

interface Props {
  /** Who is signed in here, and the one in use. */
  profiles: readonly Profile[];
  current: Profile | undefined;
  onSignedIn(profile: Profile): void;
  onBack?: () => void;
  note?: string;
}

const usualRegion = 'us-east-1';
/** Where the page came from, unless it says otherwise: Imago serves both. */
const usualEndpoint = location.origin;

export function SignIn({ profiles, current, onSignedIn, onBack, note }: Props) {
  const { followed, decline } = useLink({
    endpoint: usualEndpoint,
    usualRegion,
    profiles,
    onSignedIn,
  });
  if (followed === 'busy') {
    return (
      <main class="sign-in">
        <p role="status">{text.busy}</p>
      </main>
    );
  }
  if (typeof followed === 'object') {
    return (
      <Page>
        <Offer
          profile={followed}
          current={current}
          onAccept={() => onSignedIn(followed)}
          onDecline={() => decline(followed)}
        />
      </Page>
    );
  }
  return (
    <Page>
      {note && <p class="note">{note}</p>}
      {followed === 'failed' && <p class="note">{text.linkUsed}</p>}
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
    </Page>
  );
}

function Page({ children }: { children: ComponentChildren }) {
  return (
    <main class="sign-in">
      <h1>
        <img src="./mark.svg" alt="" width="32" height="32" /> {common.appName}
      </h1>
      {children}
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
