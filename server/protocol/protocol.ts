/** How an answer looks on the wire; one implementation for each protocol. Pure: text in, text out. */
export interface Protocol {
  readonly contentType: string;
  result(action: string, output: unknown, requestId: string): string;
  /** `sender`: the request is at fault, not Imago. */
  error(error: { code: string; message: string; sender: boolean }, requestId: string): string;
}
