/** Restic's rules, to be filled in: those that most people say, and the others when asked for. */
import { useState } from 'preact/hooks';
import { forgetText as text } from '../text/backups.ts';
import { Field, Lines } from './field.tsx';
import { counted, type Rules, withinEach } from './keep-rules.ts';

interface Props {
  rules: Rules;
  onChange(part: Partial<Rules>): void;
}

export function KeepRuleFields({ rules, onChange }: Props) {
  // As it was at first: what one is filling in stays open.
  const [hasMore] = useState(() =>
    [...withinEach, 'KeepTags' as const].some((name) => rules[name] !== ''),
  );
  return (
    <>
      <div class="figures">
        {counted.map((name) => (
          <Field
            key={name}
            label={text.rules[name]}
            type="number"
            min={-1}
            value={rules[name]}
            onText={(value) => onChange({ [name]: value })}
          />
        ))}
        <Field
          label={text.within}
          hint={text.withinHint}
          value={rules.KeepWithin}
          onText={(KeepWithin) => onChange({ KeepWithin })}
        />
        <Field
          label={text.zone}
          value={rules.Timezone}
          onText={(Timezone) => onChange({ Timezone })}
        />
      </div>
      <details open={hasMore}>
        <summary>{text.moreRules}</summary>
        <div class="figures">
          {withinEach.map((name) => (
            <Field
              key={name}
              label={text.withinEach[name]}
              value={rules[name]}
              onText={(value) => onChange({ [name]: value })}
            />
          ))}
        </div>
        <Lines
          label={text.tags}
          hint={text.tagsHint}
          rows={2}
          value={rules.KeepTags}
          onText={(KeepTags) => onChange({ KeepTags })}
        />
      </details>
    </>
  );
}
