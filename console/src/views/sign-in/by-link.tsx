/**
 * Signing in by the link of `bin/imago open`, whose part behind `#` holds credentials that are good
 * for a minute and for this alone. Anybody may lead a tab to a link of their own account, so whose
 * it is is shown, and nobody is signed in to another account than they are in without a click.
 */
import { useLayoutEffect, useState } from 'preact/hooks';
import { endSession, type Profile, signInByLink } from '../../api/profiles.ts';
import { go, href, useRoute } from '../../route.ts';
import { signInText as text } from '../../text/sign-in.ts';

/** `failed`: it was used before, or is too old. */
type Followed = 'none' | 'busy' | 'failed' | Profile;

interface Wanted {
  endpoint: string;
  usualRegion: string;
  /** Who is signed in here. */
  profiles: readonly Profile[];
  onSignedIn(profile: Profile): void;
}

const isSame = (one: Profile, other: Profile) =>
  one.endpoint === other.endpoint && one.account.AccountId === other.account.AccountId;

/** `#/sign-in?key=…&secret=…&token=…&region=…` */
export function useLink({ endpoint, usualRegion, profiles, onSignedIn }: Wanted) {
  const { path, query } = useRoute();
  const [followed, setFollowed] = useState<Followed>('none');
  const key = path[0] === 'sign-in' ? query.get('key') : null;
  // Before anything else is shown.
  useLayoutEffect(() => {
    if (!key) return;
    const credentials = {
      accessKeyId: key,
      secretAccessKey: query.get('secret') ?? '',
      sessionToken: query.get('token') ?? '',
    };
    const region = query.get('region') ?? usualRegion;
    setFollowed('busy');
    // Not to be found in the history, good for nothing as it is from now on.
    history.replaceState(null, '', href(['sign-in']));
    signInByLink({ endpoint, region, credentials, kept: true }).then(
      (profile) => {
        if (profiles.some((each) => isSame(each, profile))) onSignedIn(profile);
        else setFollowed(profile);
      },
      () => {
        setFollowed('failed');
        go(href([]), { replace: true });
      },
    );
  }, [key]);
  const decline = (profile: Profile) => {
    endSession(profile);
    setFollowed('none');
    go(href([]), { replace: true });
  };
  return { followed, decline };
}

interface OfferProps {
  profile: Profile;
  current: Profile | undefined;
  onAccept(): void;
  onDecline(): void;
}

export function Offer({ profile: { account }, current, onAccept, onDecline }: OfferProps) {
  return (
    <>
      <p>{text.linkOf(account.Name, account.AccountId)}</p>
      {current && (
        <p class="note">{text.signedInAs(current.account.Name, current.account.AccountId)}</p>
      )}
      <p class="hint">{text.linkMeans}</p>
      <div class="actions">
        <button type="button" onClick={onDecline}>
          {text.decline}
        </button>
        <button type="button" class="main" onClick={onAccept}>
          {text.accept(account.Name)}
        </button>
      </div>
    </>
  );
}
