/**
 * The one error type that reaches a client, with EC2's documented code and a sentence. Anything
 * else that is thrown becomes `InternalError` at the edge and its cause goes to the log only.
 * Which HTTP status a code has is decided in server/http.
 */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the work comes to, or its refusal; any other error is thrown. */
export async function orRefusal<T>(work: Promise<T>): Promise<T | ServiceError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}
