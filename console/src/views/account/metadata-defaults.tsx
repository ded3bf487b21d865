/** What launches of the account have by default of the metadata service, where they say nothing. */
import { useAction, useChange } from '../../api/queries.ts';
import { Problem } from '../../parts/problem.tsx';
import { metadataText as text } from '../../text/account.ts';

const choices = {
  HttpTokens: ['no-preference', 'optional', 'required'],
  HttpTokensEnforced: ['no-preference', 'enabled', 'disabled'],
  HttpEndpoint: ['no-preference', 'enabled', 'disabled'],
  InstanceMetadataTags: ['no-preference', 'enabled', 'disabled'],
} as const;
type Name = keyof typeof choices;
const names = Object.keys(choices) as Name[];
const unset = 'no-preference';
/** What the service takes for no preference of a number. */
const unsetHops = -1;

export function MetadataDefaults() {
  const found = useAction(
    'ec2',
    'GetInstanceMetadataDefaults',
    {},
    { tables: ['accountSettings'] },
  );
  const modify = useChange('ec2', 'ModifyInstanceMetadataDefaults');
  const now = found.data?.AccountLevel ?? {};
  const error = found.error ?? modify.error;
  const setHops = (value: string) =>
    modify.mutate({ HttpPutResponseHopLimit: value === '' ? unsetHops : Number(value) });
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      {error && <Problem error={error} />}
      {names.map((name) => (
        <label key={name} class="field">
          <span>{text.fields[name]}</span>
          <select
            value={now[name] ?? unset}
            disabled={!found.data}
            onChange={({ currentTarget }) => modify.mutate({ [name]: currentTarget.value })}
          >
            {choices[name].map((value) => (
              <option key={value} value={value}>
                {text.values[value]}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label class="field">
        <span>{text.hops}</span>
        <input
          type="number"
          min={1}
          max={64}
          placeholder={text.values[unset]}
          disabled={!found.data}
          value={now.HttpPutResponseHopLimit ?? ''}
          onChange={({ currentTarget }) => setHops(currentTarget.value)}
        />
      </label>
    </section>
  );
}
