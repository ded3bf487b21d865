/** To which regions a schedule copies, and for how long copies are kept there. */
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { Check } from '../../parts/field.tsx';
import { policyText as text } from '../../text/policies.ts';
import { AgeField, Choice } from './form-fields.tsx';
import { copiesMax, newCopy, type WantedCopy } from './wanted.ts';

interface Props {
  copies: readonly WantedCopy[];
  onChange(copies: WantedCopy[]): void;
}

export function CopyFields({ copies, onChange }: Props) {
  const { profile } = useSession();
  const others = profile.regions.filter((region) => region !== profile.region);
  const free = others.filter((region) => !copies.some((copy) => copy.region === region));
  const [next] = free;
  const change = (place: number, part: Partial<WantedCopy>) =>
    onChange(copies.map((copy, index) => (index === place ? { ...copy, ...part } : copy)));
  return (
    <>
      {copies.map((copy, index) => (
        <fieldset key={copy.region}>
          <legend>{text.copyTo(copy.region)}</legend>
          <Choice
            label={text.region}
            value={copy.region}
            choices={Object.fromEntries([copy.region, ...free].map((each) => [each, each]))}
            onChoose={(region) => change(index, { region })}
          />
          <AgeField
            label={text.keptThere}
            hint={text.asLong}
            value={copy.retain}
            onChange={(retain) => change(index, { retain })}
          />
          <Check
            label={text.encrypted}
            checked={copy.isEncrypted}
            onCheck={(isEncrypted) => change(index, { isEncrypted })}
          />
          <Check
            label={text.copyTags}
            checked={copy.copiesTags}
            onCheck={(copiesTags) => change(index, { copiesTags })}
          />
          <button
            type="button"
            aria-label={text.removeCopy(copy.region)}
            onClick={() => onChange(copies.filter((each) => each !== copy))}
          >
            {text.remove}
          </button>
        </fieldset>
      ))}
      {copies.length < copiesMax && (
        <ActionButton
          because={next === undefined && text.noRegion}
          onClick={() => next !== undefined && onChange([...copies, newCopy(next)])}
        >
          {text.addCopy}
        </ActionButton>
      )}
    </>
  );
}
