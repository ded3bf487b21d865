/** What a look at the machine found, in words for whoever runs it. */
export interface Finding {
  name: string;
  /** `warning`: it works, less well. `problem`: Imago or a part of it does not work. */
  state: 'good' | 'warning' | 'problem';
  detail: string;
  advice?: string;
}
