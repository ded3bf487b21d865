/**
 * The CLI's client of a running Imago: the same signed API as everybody's, in its JSON form. It has
 * no privileges. No retries: the server is on this host, and a person is told at once.
 */
import { SignatureV4 } from '@smithy/signature-v4';
import type { Ec2Inputs, Ec2Outputs } from '../api/generated/ec2-types.ts';
import type {
  ImagebuilderInputs,
  ImagebuilderOutputs,
} from '../api/generated/imagebuilder-types.ts';
import type { KmsInputs, KmsOutputs } from '../api/generated/kms-types.ts';
import type { ImagoInputs, ImagoOutputs } from '../api/imago.ts';
import type { Wire } from '../api/wire.ts';
import { Sha256 } from '../server/foundations/sha256.ts';
import { CommandError } from './command-error.ts';
import type { Connection } from './credentials.ts';

/** After which fetch itself gives up. Some looks into images take minutes. */
const longestAnswerMs = 5 * 60_000;
/** After which a person is told that it takes long. */
const patienceMs = 15_000;

/** It is used at once. */
const presignedSeconds = 60;

/** Where what is meant can be looked up. */
const advices: Record<string, string> = {
  BackupNotFound: 'See `imago backups list`; --region names another region.',
  'InvalidAMIID.NotFound': 'See `imago backups list`, `imago images list`; or --region, --account.',
  'InvalidSnapshot.NotFound': 'See `imago backups list`; or name another --region or --account.',
  'InvalidInstanceID.NotFound': 'See `imago instances list`; or name another --region, --account.',
  'InvalidDrillId.NotFound': 'See `imago drill list`.',
};

/** An error that the server answered, with its code. */
export class ApiError extends CommandError {
  override name = 'ApiError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${message} (${code})`, advices[code]);
    this.code = code;
  }
}

export class Client {
  readonly connection: Connection;
  readonly #signer: SignatureV4;

  readonly #answerMs: number;

  constructor(connection: Connection, { answerMs = longestAnswerMs } = {}) {
    this.connection = connection;
    this.#answerMs = answerMs;
    this.#signer = new SignatureV4({
      service: 'ec2',
      region: connection.region,
      credentials: connection,
      sha256: Sha256,
    });
  }

  /** What is answered is as JSON has it: times are text. */
  ec2<Action extends keyof Ec2Inputs & keyof Ec2Outputs>(
    action: Action,
    input: Ec2Inputs[Action],
  ): Promise<Wire<Ec2Outputs[Action]>> {
    return this.#call('ec2', action, input) as Promise<Wire<Ec2Outputs[Action]>>;
  }

  imago<Action extends keyof ImagoInputs>(
    action: Action,
    input: ImagoInputs[Action],
  ): Promise<Wire<ImagoOutputs[Action]>> {
    return this.#call('imago', action, input) as Promise<Wire<ImagoOutputs[Action]>>;
  }

  kms<Action extends keyof KmsInputs & keyof KmsOutputs>(
    action: Action,
    input: KmsInputs[Action],
  ): Promise<Wire<KmsOutputs[Action]>> {
    return this.#call('kms', action, input) as Promise<Wire<KmsOutputs[Action]>>;
  }

  imagebuilder<Action extends keyof ImagebuilderInputs & keyof ImagebuilderOutputs>(
    action: Action,
    input: ImagebuilderInputs[Action],
  ): Promise<Wire<ImagebuilderOutputs[Action]>> {
    return this.#call('imagebuilder', action, input) as Promise<Wire<ImagebuilderOutputs[Action]>>;
  }

  /** Of a GET without a body; whoever has it may ask for the path and query for a minute. */
  async presignedUrl(service: string, path: string): Promise<URL> {
    const url = new URL(path, this.connection.endpoint);
    const { query = {} } = await this.#signer.presign(
      {
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { host: url.host },
      },
      { signingService: service, expiresIn: presignedSeconds },
    );
    url.search = new URLSearchParams(query as Record<string, string>).toString();
    return url;
  }

  unreachable(error: unknown): CommandError {
    return new CommandError(
      `Imago does not answer at ${this.connection.endpoint} (${causeOf(error)}).`,
      'Start it with `imago serve`, or see `imago doctor`.',
    );
  }

  async #call(service: string, action: string, input: unknown): Promise<unknown> {
    const url = new URL(this.connection.endpoint);
    const body = JSON.stringify(input, bytesAsText);
    const signed = await this.#signer.sign(
      {
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: '/',
        headers: {
          host: url.host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `${service}.${action}`,
        },
        body,
      },
      { signingService: service },
    );
    const { status, text } = await this.#ask(url, {
      method: 'POST',
      headers: signed.headers,
      body,
    });
    const answer = jsonIn(text);
    if (!answer) {
      throw new CommandError(
        `What answers at ${this.connection.endpoint} is no Imago (HTTP ${status}).`,
        'Another program has its address: see `imago doctor`, and start it again with `imago serve`.',
      );
    }
    if (status >= 400) throw new ApiError(answer.__type ?? 'Unknown', answer.message ?? '');
    return answer;
  }

  /** One that is stopped takes the connection, and says nothing. */
  async #ask(url: URL, request: RequestInit): Promise<{ status: number; text: string }> {
    const tell = () => {
      process.stderr.write(
        `Imago at ${this.connection.endpoint} has not answered yet; Ctrl-C waits no longer.\n`,
      );
    };
    const timer = setTimeout(tell, patienceMs).unref();
    const signal = AbortSignal.timeout(this.#answerMs);
    try {
      const response = await fetch(url, { ...request, signal });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      throw this.unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Of a member that is bytes; a Buffer would say of itself that it is one. */
function bytesAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const member = this[key];
  return member instanceof Uint8Array ? Buffer.from(member).toString('base64') : value;
}

function jsonIn(text: string): { __type?: string; message?: string } | undefined {
  try {
    const answer = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const { name } = error as Error;
  if (name === 'TimeoutError') return 'it takes requests, and does not answer them';
  const { cause, code } = error as { cause?: { code?: string; message?: string }; code?: string };
  return cause?.code ?? cause?.message ?? code ?? String(error);
}
