/** The contract's types as they are in JSON: times are ISO 8601, bytes base64. */
export type Wire<T> = T extends Date | Uint8Array
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Name in keyof T]: Wire<T[Name]> }
      : T;
