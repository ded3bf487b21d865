/**
 * Secrets in a text, by their forms: private keys, keys and tokens of well-known services, and, where
 * it is asked for, values that are called a secret and look like one. It tells what is in which line
 * and never the secret itself. The texts are hostile: every pattern takes a bounded number of steps
 * at each place.
 */

export type SecretKind = 'private-key' | 'access-token' | 'secret-likely';

export interface Secret {
  kind: SecretKind;
  /** What it is, such as `an AWS access key`. */
  what: string;
  line: number;
}

interface Form {
  kind: SecretKind;
  what: string;
  pattern: RegExp;
}

const headers = '(?:[A-Za-z-]{3,20}: [^\\n]{0,200}(?:\\s|\\\\[nr]){1,8}){0,4}';

const forms: readonly Form[] = [
  {
    kind: 'private-key',
    what: 'a private key',
    // With what follows: programs that only know the form have its first line, too.
    pattern: new RegExp(
      `-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:\\s|\\\\[nr]){1,8}${headers}[A-Za-z0-9+/]{20}`,
    ),
  },
  { kind: 'private-key', what: 'a key of PuTTY', pattern: /^PuTTY-User-Key-File-\d: /m },
  {
    kind: 'access-token',
    what: 'an AWS access key',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)(?![A-Z2-7]{9}EXAMPLE)[A-Z2-7]{16}(?![A-Za-z0-9])/,
  },
  {
    kind: 'access-token',
    what: 'an AWS secret key',
    pattern:
      /aws_secret_access_key["']?\s{0,4}[:=]\s{0,4}["']?(?![A-Za-z0-9+/]{30}EXAMPLEKEY)[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])/i,
  },
  {
    kind: 'access-token',
    what: 'a token of GitHub',
    pattern: /(?<!\w)(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_\w{50})/,
  },
  { kind: 'access-token', what: 'a token of GitLab', pattern: /(?<!\w)glpat-[\w-]{20}/ },
  { kind: 'access-token', what: 'a token of Slack', pattern: /(?<!\w)xox[abeprs]-[\w-]{20}/ },
  { kind: 'access-token', what: 'a key of Stripe', pattern: /(?<!\w)[rs]k_live_[A-Za-z0-9]{20}/ },
  { kind: 'access-token', what: 'a key of Google', pattern: /(?<!\w)AIza[\w-]{35}(?![\w-])/ },
  { kind: 'access-token', what: 'a token of npm', pattern: /(?<!\w)npm_[A-Za-z0-9]{36}/ },
  { kind: 'access-token', what: 'a token of PyPI', pattern: /(?<!\w)pypi-AgE[\w-]{50}/ },
  { kind: 'access-token', what: 'a token of Docker', pattern: /(?<!\w)dckr_pat_[\w-]{20}/ },
  { kind: 'access-token', what: 'a token of Vault', pattern: /(?<!\w)hvs\.[\w-]{24}/ },
  {
    kind: 'access-token',
    what: 'a key of SendGrid',
    pattern: /(?<!\w)SG\.[\w-]{22}\.[\w-]{43}/,
  },
];

const called =
  /(?:passw(?:or)?d|secret|token|api_?key|access_?key|private_?key)["']?\s{0,8}[:=]\s{0,8}["']?([\w+/=.~!@#%^&*-]{16,128})(?=["']?(?:[\s;,]|$))/gi;
const placeholders = /example|change_?me|placeholder|your|xxxx|1234567/i;
/** Such values of a text are looked at. */
const valuesMax = 1000;
/** Words of a language and paths have less; what is drawn at random has more. */
const leastBits = 3.6;

/** `guess`: what is only called a secret, too. */
export function secretsIn(text: string, { guess }: { guess: boolean }): Secret[] {
  const found: Secret[] = [];
  for (const { kind, what, pattern } of forms) {
    const at = text.search(pattern);
    if (at >= 0) found.push({ kind, what, line: lineAt(text, at) });
  }
  if (!guess || found.length > 0) return found;
  const like = likelySecret(text);
  return like ? [like] : [];
}

function likelySecret(text: string): Secret | undefined {
  let values = 0;
  for (const match of text.matchAll(called)) {
    if (++values > valuesMax) return undefined;
    const value = match[1] ?? '';
    if (!isRandom(value)) continue;
    const what = 'what is called a secret and drawn at random';
    return { kind: 'secret-likely', what, line: lineAt(text, match.index) };
  }
  return undefined;
}

/** Neither a word, a path, a name with dots nor a place for one. */
function isRandom(value: string): boolean {
  if (placeholders.test(value) || /^[./~]/.test(value) || /:\/\//.test(value)) return false;
  const isHex = /^[0-9a-f]{32,}$/i.test(value);
  const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);
  return (isHex && entropyBits(value) > 3) || (isMixed && entropyBits(value) >= leastBits);
}

/** Of a character, by how often each comes in the text (Shannon). */
export function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) {
    const share = count / text.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) {
    line++;
  }
  return line;
}

/** Files of programs that keep passwords, by the end of their paths, and what is one in them. */
const stores: readonly { path: RegExp; holds: RegExp }[] = [
  { path: /\/[._]netrc$/, holds: /\bpassword\s{1,20}\S/ },
  { path: /\/\.pgpass$/, holds: /^[^#\n:]{1,200}:[^\n:]{1,20}:[^\n:]{1,200}:[^\n:]{1,200}:\S/m },
  { path: /\/\.my\.cnf$/, holds: /^\s{0,20}password\s{0,20}=\s{0,20}\S/m },
  { path: /\/\.git-credentials$/, holds: /:\/\/[^\s:/@]{1,200}:[^\s/@]{1,200}@/ },
  { path: /\/\.kube\/config$|\/etc\/kubernetes\/\S{1,100}\.conf$/, holds: kubernetes() },
  { path: /\/\.docker\/config\.json$/, holds: /"(?:auth|identitytoken)"\s{0,20}:\s{0,20}"[^"]/ },
  { path: /\/\.npmrc$/, holds: /_(?:authToken|password|auth)\s{0,20}=\s{0,20}[^\s$]/ },
  { path: /\/\.pypirc$/, holds: /^\s{0,20}password\s{0,20}[:=]\s{0,20}\S/m },
  { path: /\/\.vault-token$/, holds: /\S/ },
  { path: /\/\.config\/gcloud\/\S{1,100}\.json$/, holds: /"(?:refresh_token|private_key)"/ },
  { path: /\/\.azure\/\S{0,50}[Tt]oken\S{0,50}\.json$/, holds: /"(?:refreshToken|secret)"/ },
  { path: /\/wpa_supplicant[^/]{0,50}\.conf$/, holds: /^\s{0,20}(?:psk|password)=\S/m },
  { path: /\/system-connections\/[^/]{1,200}$/, holds: /^(?:psk|password|secret)=\S/m },
];

function kubernetes(): RegExp {
  return /\b(?:token|client-key-data|password):\s{0,20}\S/;
}

export function isPasswordStore(path: string): boolean {
  return stores.some((each) => each.path.test(path));
}

export function holdsPassword(path: string, text: string): boolean {
  return stores.some((each) => each.path.test(path) && each.holds.test(text));
}
