/**
 * What a form was told of what it asked for, such as a refusal, is of what it said then: it is
 * forgotten when the field that it stands at (AtField) is changed, or any where it stands at none.
 */
type Forget = (() => void) | false;

/** Of the form, or of what else is around the fields. */
export function forgetting(forget: Forget) {
  const onInput = ({ currentTarget, target }: Event) => {
    const field = refusedIn(currentTarget);
    if (forget && (!field || field.contains(target as Node))) forget();
  };
  // A field may have buttons that change it, such as one that takes away what was refused.
  const onClick = ({ currentTarget, target }: Event) => {
    const button = target instanceof Element && target.closest('button[type=button]');
    if (forget && button && refusedIn(currentTarget)?.contains(button)) forget();
  };
  return { onInput, onClick };
}

const refusedIn = (around: EventTarget | null) =>
  around instanceof Element ? around.querySelector('.refused') : null;
