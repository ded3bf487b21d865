/** How an answer looks on the wire; one implementation for each protocol. Pure: values in, bytes or text out. */
export interface Protocol {
  readonly contentType: string;
  /** In pieces, which belong one after the other: an answer may be large. */
  result(action: string, output: unknown, requestId: string): readonly Buffer[];
  /** `sender`: the request is at fault, not Imago. */
  error(error: { code: string; message: string; sender: boolean }, requestId: string): string;
}
