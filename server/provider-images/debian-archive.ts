/**
 * A Debian release as this machine's own apt can reach it: the mirrors are those that the machine
 * is set up with, signatures are checked against Debian's keyring, and lists and downloads live in
 * a private folder, so that a build works for every user, also for a release that is not the
 * machine's own, and changes nothing of the machine's apt.
 */
import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BuildImpossible, type Tools } from './build-tools.ts';
import { runCommand } from './run-command.ts';

export interface DebianArchiveRequest {
  tools: Tools;
  /** Code name, such as `bookworm`. */
  codename: string;
  workFolder: string;
  signal?: AbortSignal;
  onLine?(line: string): void;
}

export interface Repository {
  origin: string;
  /** Suite as the machine's sources name it, such as `bookworm-security`. */
  release: string;
  component: string;
  uri: string;
}

const keyringFile = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Releases by which a Debian repository is known as long as apt has not fetched its Release file.
 */
const debianSuite =
  /^(buster|bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-updates|-security|-backports)?$/;

export class DebianArchive {
  /** Lines of a sources.list. */
  readonly sources: readonly string[];
  /** Settings that any apt needs to go through this machine's proxies with its credentials. */
  readonly #acquireSettings: string;
  readonly #request: DebianArchiveRequest;

  private constructor(
    request: DebianArchiveRequest,
    sources: readonly string[],
    acquireSettings: string,
  ) {
    this.#request = request;
    this.sources = sources;
    this.#acquireSettings = acquireSettings;
  }

  static async open(request: DebianArchiveRequest): Promise<DebianArchive> {
    const { tools, codename, signal } = request;
    const keyringThere = await access(keyringFile).then(
      () => true,
      () => false,
    );
    if (!keyringThere) {
      throw new BuildImpossible(
        "Debian's signing keys are missing; install them with: apt-get install debian-archive-keyring",
      );
    }
    const format = '$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)';
    const targets = await runCommand(
      tools['apt-get'],
      ['indextargets', '--format', format, 'Created-By: Packages'],
      { signal },
    );
    const sources = sourcesFor(codename, parseRepositories(targets.toString('utf8')));
    const dump = await runCommand(tools['apt-config'], ['dump', 'Acquire'], { signal });
    return new DebianArchive(request, sources, reachSettings(dump.toString('utf8')));
  }

  /**
   * A folder that has `etc/apt/apt.conf.d/NAME`, for another system's apt to reach the same
   * servers. A file rather than arguments: everybody on the machine can read those, and a proxy's
   * password may be among the settings.
   */
  async writeReachSettings(folder: string, name: string): Promise<void> {
    for (const part of ['etc', 'etc/apt', 'etc/apt/apt.conf.d']) {
      await mkdir(path.join(folder, part), { recursive: true });
      await chmod(path.join(folder, part), 0o755);
    }
    const file = path.join(folder, 'etc/apt/apt.conf.d', name);
    await writeFile(file, `${this.#acquireSettings}\n`, { flag: 'wx', mode: 0o600 });
  }

  /** Fetches and checks the lists of packages. */
  async update(): Promise<void> {
    const folder = this.#folder;
    for (const name of ['lists/partial', 'cache/archives/partial', 'parts']) {
      await mkdir(path.join(folder, name), { recursive: true });
    }
    await writeFile(path.join(folder, 'status'), '');
    await writeFile(path.join(folder, 'sources.list'), `${this.sources.join('\n')}\n`);
    await writeFile(
      path.join(folder, 'apt.conf'),
      `${this.#acquireSettings}\nDir::Etc::parts "${path.join(folder, 'parts')}";\nDir::Etc::main "/dev/null";\n`,
      { mode: 0o600 },
    );
    await this.#apt('apt-get', ['update', '--error-on=any']);
  }

  /**
   * Name of the package that a meta package of this release stands for, by its first dependency
   * with this prefix.
   */
  async dependency(metaPackage: string, prefix: string): Promise<string> {
    const output = await this.#apt('apt-cache', ['depends', '--important', metaPackage]);
    const name = output
      .split('\n')
      .map((line) => line.match(/^\s*\|?(?:Pre)?Depends: (\S+)$/)?.[1])
      .find((dependency) => dependency?.startsWith(prefix));
    if (!name) throw new Error(`${metaPackage} depends on nothing that begins with ${prefix}`);
    return name;
  }

  /** Downloads and verifies the newest version of each package into `folder`. */
  async download(packages: readonly string[], folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await this.#apt('apt-get', ['download', '--quiet', ...packages], folder);
  }

  /** Where `update` has put them. */
  get lists(): string {
    return path.join(this.#folder, 'lists');
  }

  get #folder(): string {
    return path.join(this.#request.workFolder, 'apt');
  }

  async #apt(tool: 'apt-get' | 'apt-cache', args: string[], cwd?: string): Promise<string> {
    const { tools, signal, onLine } = this.#request;
    const folder = this.#folder;
    const settings = {
      'Dir::State': folder,
      'Dir::State::lists': path.join(folder, 'lists'),
      'Dir::State::status': path.join(folder, 'status'),
      'Dir::Cache': path.join(folder, 'cache'),
      'Dir::Etc::sourcelist': path.join(folder, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64',
      'APT::Sandbox::User': 'root', // The private folder is not open to apt's own user.
      'Acquire::Languages': 'none',
      'Acquire::Retries': '3',
    };
    const output = await runCommand(
      tools[tool],
      [...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]), ...args],
      { cwd, signal, onLine, variables: { APT_CONFIG: path.join(folder, 'apt.conf') } },
    );
    return output.toString('utf8');
  }
}

/** Lines of `origin|release|component|uri`; what apt does not know yet stays as `$(NAME)`. */
export function parseRepositories(text: string): Repository[] {
  return text
    .split('\n')
    .map((line) => line.split('|'))
    .filter((fields) => fields.length === 4)
    .map(([origin = '', release = '', component = '', uri = '']) => ({
      origin: origin.startsWith('$(') ? '' : origin,
      release,
      component,
      uri: uri.replace(/\/$/, ''),
    }));
}

/** The sources of one Debian release, from whatever releases the machine's own apt has. */
export function sourcesFor(codename: string, repositories: readonly Repository[]): string[] {
  const debian = repositories.filter(
    ({ origin, release, component }) =>
      component === 'main' && (origin === 'Debian' || (origin === '' && debianSuite.test(release))),
  );
  const isSecurity = ({ release }: Repository) => release.endsWith('-security');
  const main = debian.find((repository) => !isSecurity(repository));
  const security = debian.find(isSecurity);
  if (!main) {
    throw new BuildImpossible(
      "this machine's apt has no Debian repository to build from: add one to /etc/apt/sources.list.d " +
        '(on other systems than Debian with a low pin, so that nothing is installed from it) and run apt-get update',
    );
  }
  for (const { uri } of [main, security ?? main]) {
    // It would be in /etc/apt/sources.list of every instance, and in the arguments of the tools.
    if (URL.parse(uri)?.username) {
      throw new BuildImpossible(
        "an address in this machine's apt sources has a user or password in it, which every instance would get to know: " +
          'keep them out of the sources (apt_auth.conf(5)), or name a mirror that needs none',
      );
    }
  }
  const line = (uri: string, suite: string) =>
    `deb [signed-by=${keyringFile}] ${uri} ${suite} main`;
  return [
    line(main.uri, codename),
    line(main.uri, `${codename}-updates`),
    ...(security ? [line(security.uri, `${codename}-security`)] : []),
  ];
}

/**
 * Of the machine's Acquire settings those that say how to reach servers: proxies and what belongs
 * to a method.
 */
export function reachSettings(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => /^Acquire::(http|https|ftp|tor|socks5h?)(::| )/i.test(line))
    .join('\n');
}
