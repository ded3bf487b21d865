/** Long work about one thing, newest last; an image's copy or capture, an instance's new root. */
import { useAction } from './queries.ts';
import type { Output } from './wire.ts';

export type Task = Output<'imago', 'DescribeTasks'>['Tasks'][number];

export function useTasksAbout(subject: string, enabled = true): readonly Task[] {
  const input = { Subjects: [subject], MaxResults: 200 };
  const found = useAction('imago', 'DescribeTasks', input, { tables: ['tasks'], enabled });
  return found.data?.Tasks ?? [];
}
