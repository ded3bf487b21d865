/** Signing in. */
export const signInText = {
  title: 'Sign in',
  intro: 'With an access key of an account of this Imago.',
  accessKeyId: 'Access key ID',
  secretAccessKey: 'Secret access key',
  keep: 'Stay signed in while this tab is open',
  keepHint: 'Without it a reload asks again. The key never leaves this tab either way.',
  another: 'Another server or region',
  endpoint: 'Address of the API',
  region: 'Region',
  submit: 'Sign in',
  byCommand: 'Or run this where Imago runs, and follow the link it prints:',
  command: 'bin/imago open',
  busy: 'Signing in…',
  linkUsed:
    'This sign-in link is used up or too old: each is good once, within a minute. Run `bin/imago open` again.',
  linkOf: (name: string, id: string) => `This link signs in to the account ${name} (${id}).`,
  signedInAs: (name: string, id: string) =>
    `You are signed in as ${name} (${id}) here, and stay so beside it.`,
  linkMeans:
    'Go on if you asked for it yourself: what you do from then on is done in that account, and whoever has it sees it.',
  accept: (name: string) => `Sign in as ${name}`,
  decline: 'Do not sign in',
  needsSecure:
    'This page was opened in a way in which browsers offer no cryptography. Open it as http://127.0.0.1, http://localhost or over https.',
};
