/** Tags of a thing, and the dialog that changes them. */
import { useState } from 'preact/hooks';
import { useChange } from '../api/queries.ts';
import { tagsText as text } from '../text/tags.ts';
import { ActionDialog } from './action-dialog.tsx';
import { readTags, type Tag } from './read-tags.ts';

export function Tags({
  id,
  tags = [],
  isOwn,
}: {
  id: string;
  tags?: readonly Tag[];
  isOwn: boolean;
}) {
  const [isEdited, setIsEdited] = useState(false);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {tags.length === 0 && <p class="hint">{text.none}</p>}
      <ul class="tags">
        {tags.map(({ Key, Value }) => (
          <li key={Key}>
            <b>{Key}</b> {Value}
          </li>
        ))}
      </ul>
      {isOwn && (
        <button type="button" onClick={() => setIsEdited(true)}>
          {text.edit}
        </button>
      )}
      {isEdited && <TagsDialog id={id} tags={tags} onClose={() => setIsEdited(false)} />}
    </section>
  );
}

interface DialogProps {
  id: string;
  tags: readonly Tag[];
  onClose(): void;
}

/** A line a tag: `key=value`; what is left out is deleted. */
function TagsDialog({ id, tags, onClose }: DialogProps) {
  const create = useChange('ec2', 'CreateTags');
  const remove = useChange('ec2', 'DeleteTags');
  // Tags of the service itself are nobody's to change.
  const own = tags.filter(({ Key = '' }) => !Key.startsWith('aws:'));
  const [lines, setLines] = useState(own.map(({ Key, Value }) => `${Key}=${Value}`).join('\n'));
  const run = async () => {
    const wanted = readTags(lines);
    const isSame = (a: Tag, b: Tag) => a.Key === b.Key && a.Value === b.Value;
    const gone = own.filter(({ Key }) => !wanted.some((tag) => tag.Key === Key));
    const made = wanted.filter((tag) => !own.some((other) => isSame(tag, other)));
    const Resources = [id];
    if (gone.length > 0) {
      await remove.mutateAsync({ Resources, Tags: gone.map(({ Key }) => ({ Key })) });
    }
    if (made.length > 0) await create.mutateAsync({ Resources, Tags: made });
  };
  return (
    <ActionDialog title={text.editTitle(id)} action={text.save} run={run} onClose={onClose}>
      <label class="field">
        <span>{text.lines}</span>
        <textarea
          class="code"
          rows={8}
          value={lines}
          spellcheck={false}
          onInput={({ currentTarget }) => setLines(currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
}

export const nameOf = (tags: readonly Tag[] = []) => tags.find(({ Key }) => Key === 'Name')?.Value;
