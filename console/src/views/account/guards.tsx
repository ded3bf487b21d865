/** What holds for all images of the account in this region: public access, and whose are allowed. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { Check } from '../../parts/field.tsx';
import { Problem } from '../../parts/problem.tsx';
import { guardsText as text } from '../../text/account.ts';
import { CriteriaDialog } from './criteria-dialog.tsx';
import { MetadataDefaults } from './metadata-defaults.tsx';

const states = ['disabled', 'audit-mode', 'enabled'] as const;
const tables = ['accountSettings'] as const;

export function Guards() {
  return (
    <>
      <ImagePublicAccess />
      <SnapshotPublicAccess />
      <AllowedImages />
      <MetadataDefaults />
    </>
  );
}

function ImagePublicAccess() {
  const found = useAction('ec2', 'GetImageBlockPublicAccessState', {}, { tables });
  const enable = useChange('ec2', 'EnableImageBlockPublicAccess');
  const disable = useChange('ec2', 'DisableImageBlockPublicAccess');
  const isBlocked = found.data?.ImageBlockPublicAccessState === 'block-new-sharing';
  const error = found.error ?? enable.error ?? disable.error;
  const set = (checked: boolean) =>
    checked
      ? enable.mutate({ ImageBlockPublicAccessState: 'block-new-sharing' })
      : disable.mutate({});
  return (
    <section class="card">
      <h2>{text.images.title}</h2>
      {error && <Problem error={error} />}
      <Check
        label={text.images.block}
        hint={text.images.means}
        checked={isBlocked}
        disabled={!found.data}
        onCheck={set}
      />
    </section>
  );
}

const snapshotStates = ['unblocked', 'block-new-sharing', 'block-all-sharing'] as const;

function SnapshotPublicAccess() {
  const found = useAction('ec2', 'GetSnapshotBlockPublicAccessState', {}, { tables });
  const enable = useChange('ec2', 'EnableSnapshotBlockPublicAccess');
  const disable = useChange('ec2', 'DisableSnapshotBlockPublicAccess');
  const error = found.error ?? enable.error ?? disable.error;
  const set = (State: (typeof snapshotStates)[number]) =>
    State === 'unblocked' ? disable.mutate({}) : enable.mutate({ State });
  return (
    <section class="card">
      <h2>{text.snapshots.title}</h2>
      {error && <Problem error={error} />}
      <Choice
        name="snapshots"
        label={text.snapshots.title}
        values={snapshotStates}
        words={text.snapshots.states}
        value={found.data?.State}
        onChoose={set}
      />
    </section>
  );
}

function AllowedImages() {
  const [isChanged, setIsChanged] = useState(false);
  const found = useAction('ec2', 'GetAllowedImagesSettings', {}, { tables });
  const enable = useChange('ec2', 'EnableAllowedImagesSettings');
  const disable = useChange('ec2', 'DisableAllowedImagesSettings');
  const error = found.error ?? enable.error ?? disable.error;
  const set = (state: (typeof states)[number]) =>
    state === 'disabled'
      ? disable.mutate({})
      : enable.mutate({ AllowedImagesSettingsState: state });
  return (
    <section class="card">
      <h2>{text.allowed.title}</h2>
      <p class="hint">{text.allowed.means}</p>
      {error && <Problem error={error} />}
      <Choice
        name="allowed"
        label={text.allowed.title}
        values={states}
        words={text.allowed.states}
        value={found.data?.State}
        onChoose={set}
      />
      <h3>{text.allowed.criteria}</h3>
      {found.data?.ImageCriteria?.length ? (
        <pre class="data">{JSON.stringify(found.data.ImageCriteria, null, 2)}</pre>
      ) : (
        <p class="hint">{text.allowed.none}</p>
      )}
      <button type="button" disabled={!found.data} onClick={() => setIsChanged(true)}>
        {text.allowed.change}
      </button>
      {isChanged && (
        <CriteriaDialog
          criteria={found.data?.ImageCriteria ?? []}
          onClose={() => setIsChanged(false)}
        />
      )}
    </section>
  );
}

interface ChoiceProps<Value extends string> {
  name: string;
  label: string;
  values: readonly Value[];
  words: Readonly<Record<Value, string>>;
  value: string | undefined;
  onChoose(value: Value): void;
}

function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { name, label, values, words, value, onChoose } = props;
  return (
    <fieldset class="field">
      <legend class="unseen">{label}</legend>
      {values.map((each) => (
        <label key={each} class="check">
          <input
            type="radio"
            name={name}
            checked={each === value}
            onChange={() => onChoose(each)}
          />
          <span>{words[each]}</span>
        </label>
      ))}
    </fieldset>
  );
}
