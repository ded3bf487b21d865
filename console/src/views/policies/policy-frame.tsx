/**
 * What the pages of all kinds of policies have alike: the head of one that is there, and how a form
 * is sent.
 */
import type { ComponentChildren, ComponentProps } from 'preact';
import { Facts } from '../../parts/facts.tsx';
import { common } from '../../text/common.ts';
import { policiesText, policyText } from '../../text/policies.ts';

interface HeadProps {
  title: ComponentChildren;
  facts: ComponentProps<typeof Facts>['of'];
  onDelete(): void;
}

export function PolicyHead({ title, facts, onDelete }: HeadProps) {
  return (
    <>
      <header class="view">
        <h1>{title}</h1>
        <button type="button" class="danger" onClick={onDelete}>
          {policiesText.delete}
        </button>
      </header>
      <section class="card">
        <Facts of={facts} />
      </section>
    </>
  );
}

interface SaveProps {
  isNew: boolean;
  isPending: boolean;
  isSaved?: boolean;
  /** What the button of a new one says. */
  create?: string;
}

export function SavePolicy(props: SaveProps) {
  const { isNew, isPending, isSaved, create = policyText.create } = props;
  return (
    <div class="actions">
      <button type="submit" class="main" disabled={isPending}>
        {isPending ? common.busy : isNew ? create : policyText.save}
      </button>
      {isSaved && <span role="status">{policyText.saved}</span>}
    </div>
  );
}
