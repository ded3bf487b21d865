/** The key of a remote: typed, and never shown again. */
import { Field } from '../../parts/field.tsx';
import { newRemoteText as text } from '../../text/remotes.ts';

interface Props {
  wanted: { accessKeyId: string; secret: string };
  set(name: 'accessKeyId' | 'secret'): (value: string) => void;
}

export function KeyFields({ wanted, set }: Props) {
  return (
    <>
      <Field
        label={text.accessKeyId}
        value={wanted.accessKeyId}
        onText={set('accessKeyId')}
        autocomplete="off"
        spellcheck={false}
        required
      />
      <Field
        label={text.secret}
        hint={text.secretHint}
        type="password"
        value={wanted.secret}
        onText={set('secret')}
        autocomplete="off"
        required
      />
    </>
  );
}
