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
