/** What requests say of documents of Systems Manager. */
import { ServiceError } from '../../../api/service-error.ts';
import type { DocumentContent } from '../../catalog/rows/document.ts';

export function documentFormat(asked = 'JSON'): DocumentContent['format'] {
  if (asked === 'JSON' || asked === 'YAML') return asked;
  const message = `The format of a document of the type Command is JSON or YAML, not '${asked}'.`;
  throw new ServiceError('ValidationException', message);
}
