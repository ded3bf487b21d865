/** Where a copy goes: to which region, and whether it is encrypted there, with which of its keys. */
import { useState } from 'preact/hooks';
import { useSession } from '../api/session.tsx';
import { go, href } from '../route.ts';
import { encryptionOf } from './encryption-of.ts';
import { KeyChoice } from './key-choice.tsx';

export interface CopyDestination {
  region: string;
  key: string;
  /** Nothing where it is this region. */
  elsewhere: string | undefined;
  /** Members of the copy's request. */
  members: { SourceRegion: string; Encrypted?: true; KmsKeyId?: string };
  /** Keys are of a region: with another one none is chosen. */
  chooseRegion(region: string): void;
  chooseKey(key: string): void;
  /** Shows what was made there. */
  show(path: string[]): void;
}

export function useCopyDestination(): CopyDestination {
  const { profile, switchRegion } = useSession();
  const [region, setRegion] = useState(profile.region);
  const [key, setKey] = useState('');
  const elsewhere = region === profile.region ? undefined : region;
  return {
    region,
    key,
    elsewhere,
    members: { SourceRegion: profile.region, ...encryptionOf(key) },
    chooseRegion(other) {
      setRegion(other);
      setKey('');
    },
    chooseKey: setKey,
    show(path) {
      if (elsewhere !== undefined) switchRegion(elsewhere);
      go(href(path));
    },
  };
}

export function CopyDestinationFields({ label, to }: { label: string; to: CopyDestination }) {
  const { profile } = useSession();
  return (
    <>
      <label class="field">
        <span>{label}</span>
        <select
          value={to.region}
          onChange={({ currentTarget }) => to.chooseRegion(currentTarget.value)}
        >
          {profile.regions.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <KeyChoice value={to.key} region={to.region} onChoose={to.chooseKey} />
    </>
  );
}
