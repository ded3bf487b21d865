/** `imago accounts …`: the accounts of this Imago and their access keys, for its operators. */
import { type Command, command, contextOf } from '../command-line.ts';

const organizationText =
  'its place in an organization, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111';

export function addAccounts(program: Command): void {
  const accounts = program
    .command('accounts')
    .description('Make and manage the accounts of this Imago, as one of its operators.')
    .addHelpText(
      'after',
      '\nAccounts do not see what others have unless it is shared with them. A key that is made here\n' +
        'is told once, and kept in the clients folder of the home for `imago … --account NAME`.',
    );
  addMaking(accounts);
  addStates(accounts);
  addKeys(accounts);
}

function addMaking(accounts: Command): void {
  command(accounts, 'create <name>', 'Make an account and its first access key.', [
    'imago accounts create ci',
    'imago accounts create ci --organization o-a1b2c3d4e5/r-ab12/ou-ab12-11111111 --json',
    'imago accounts create deputy --operator',
  ])
    .option('--operator', 'let it manage all of this Imago, accounts among it')
    .option('--organization <path>', organizationText)
    .ofAccount()
    .action(async (name, options) => {
      const { accountsCreateCommand } = await import('../commands/accounts.ts');
      await accountsCreateCommand(contextOf(options), name, options);
    });
  command(accounts, 'list', 'List all accounts.', ['imago accounts list'])
    .ofAccount()
    .action(async (options) => {
      const { accountsListCommand } = await import('../commands/accounts.ts');
      await accountsListCommand(contextOf(options));
    });
  command(accounts, 'update <name>', 'Change an account; what is not named stays.', [
    'imago accounts update ci --rename build',
    'imago accounts update ci --no-operator',
    'imago accounts update ci --organization none',
  ])
    .option('--rename <name>', 'another name')
    .option('--operator', 'let it manage all of this Imago')
    .option('--no-operator', 'take that right away')
    .option('--organization <path>', `${organizationText}, or none`)
    .ofAccount()
    .action(async (name, options) => {
      const { accountsUpdateCommand } = await import('../commands/accounts.ts');
      await accountsUpdateCommand(contextOf(options), name, options);
    });
}

function addStates(accounts: Command): void {
  command(accounts, 'disable <name>', 'Refuse all requests of an account; its instances go on.', [
    'imago accounts disable ci',
  ])
    .ofAccount()
    .action(async (name, options) => {
      const { accountsStateCommand } = await import('../commands/accounts.ts');
      await accountsStateCommand(contextOf(options), name, 'DisableAccount');
    });
  command(accounts, 'enable <name>', 'Take requests of a disabled account again.', [
    'imago accounts enable ci',
  ])
    .ofAccount()
    .action(async (name, options) => {
      const { accountsStateCommand } = await import('../commands/accounts.ts');
      await accountsStateCommand(contextOf(options), name, 'EnableAccount');
    });
  command(accounts, 'delete <name>', 'Delete an account that has nothing, and its keys.', [
    'imago accounts delete ci',
  ])
    .ofAccount()
    .action(async (name, options) => {
      const { accountsDeleteCommand } = await import('../commands/accounts.ts');
      await accountsDeleteCommand(contextOf(options), name);
    });
}

function addKeys(accounts: Command): void {
  const keys = accounts
    .command('keys')
    .description('An account’s access keys, two at most: one can replace the other in use.')
    .addHelpText(
      'after',
      '\nTo replace a key: create a second one, let all that used the old one use the new one, then\n' +
        'delete the old one. Without a name these commands are about the account that runs them.',
    );
  command(keys, 'list [name]', 'List the keys of an account, without their secrets.', [
    'imago accounts keys list ci',
  ])
    .ofAccount()
    .action(async (name, options) => {
      const { keysListCommand } = await import('../commands/accounts-keys.ts');
      await keysListCommand(contextOf(options), name);
    });
  command(keys, 'create [name]', 'Make a key, which is kept here in place of the one before.', [
    'imago accounts keys create ci',
    'imago accounts keys create                # of the first account itself',
  ])
    .ofAccount()
    .action(async (name, options) => {
      const { keysCreateCommand } = await import('../commands/accounts-keys.ts');
      await keysCreateCommand(contextOf(options), name);
    });
  for (const [word, status, summary] of [
    ['disable', 'Inactive', 'Refuse requests that are signed with a key.'],
    ['enable', 'Active', 'Take requests that are signed with a disabled key again.'],
  ] as const) {
    command(keys, `${word} <access-key-id>`, summary, [
      `imago accounts keys ${word} AKIAIOSFODNN7EXAMPLE`,
    ])
      .ofAccount()
      .action(async (id, options) => {
        const { keysStateCommand } = await import('../commands/accounts-keys.ts');
        await keysStateCommand(contextOf(options), id, status);
      });
  }
  command(keys, 'delete <access-key-id>', 'Delete a key for good.', [
    'imago accounts keys delete AKIAIOSFODNN7EXAMPLE',
  ])
    .ofAccount()
    .action(async (id, options) => {
      const { keysDeleteCommand } = await import('../commands/accounts-keys.ts');
      await keysDeleteCommand(contextOf(options), id);
    });
}
