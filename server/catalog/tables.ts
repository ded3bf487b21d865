/**
 * The tables: a row type each, the columns and keys that queries narrow by, and the sets of columns
 * that are unique.
 *
 * - A column is a member of the row, a single text (or number); an absent one is empty.
 * - A key has any number of values, computed from the row: what an image's snapshots are, who sees
 *   it, its tags. All keys of all tables are one table in SQL, kept in step by sql/sql-table.ts;
 *   change a function here, and a migration has to ask for them to be made anew
 *   (sql/migrations.ts).
 *
 * Everything else is in the document only.
 */
import { backupTableSpecs } from './backup-tables.ts';
import { backupPlaces, policyOfBackup, setOfBackup } from './rows/backup.ts';
import {
  imageViewers,
  snapshotIdsOf,
  sourceOfImage,
  viewerNamesOfImage,
  viewerOwnersOfImage,
  viewerStatesOfImage,
} from './rows/image.ts';
import { componentsInBuild, workflowIdsOf } from './rows/image-build.ts';
import { componentsOfRecipe } from './rows/image-recipe.ts';
import { interfaceTags, livingTypes } from './rows/instance.ts';
import { retirableBy } from './rows/kms.ts';
import { imageOfVersion } from './rows/launch-template.ts';
import { lookAtLock } from './rows/lock-date.ts';
import { imageOfParameter } from './rows/parameter.ts';
import { tagKeys, tagNames, viewerKey } from './rows/row.ts';
import {
  coolOffEnd,
  lockOwner,
  publicOwner,
  snapshotViewers,
  viewerOwnersOfSnapshot,
  viewerStatesOfSnapshot,
} from './rows/snapshot.ts';
import type { Rows, TableName } from './table-rows.ts';
import { sinceEnded, type TableSpec } from './table-spec.ts';

export const tableSpecs = {
  accounts: { columns: ['name', 'alias', 'operator'], keys: {}, unique: [['name']] },
  credentials: { columns: ['account'], keys: {}, unique: [] },
  sessions: {
    columns: ['account'],
    keys: { parent: ({ parent }) => [parent], expires: ({ expiresAt }) => [expiresAt] },
    unique: [],
  },
  images: {
    columns: ['account', 'region', 'name', 'state'],
    keys: {
      snapshot: snapshotIdsOf,
      source: sourceOfImage,
      viewer: imageViewers,
      viewerName: viewerNamesOfImage,
      viewerOwner: viewerOwnersOfImage,
      viewerState: viewerStatesOfImage,
      backupPolicy: policyOfBackup,
      backupPlace: backupPlaces,
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [['account', 'region', 'name']],
  },
  formerImages: {
    columns: ['account', 'region'],
    keys: {
      source: sourceOfImage,
      recycledUntil: ({ recycledUntil }) => (recycledUntil ? [recycledUntil] : []),
      recycledOf: ({ recycledUntil, region, account }) =>
        recycledUntil ? [viewerKey(region, account)] : [],
    },
    unique: [],
  },
  snapshots: {
    columns: ['account', 'region', 'state', 'volumeId'],
    keys: {
      viewer: snapshotViewers,
      viewerOwner: viewerOwnersOfSnapshot,
      viewerState: viewerStatesOfSnapshot,
      publicOwner,
      locked: lockOwner,
      lockLook: ({ lock }) => lookAtLock(lock, lock && coolOffEnd(lock)),
      restoredUntil: ({ archive }) => (archive?.restoredUntil ? [archive.restoredUntil] : []),
      backupPolicy: policyOfBackup,
      backupSet: setOfBackup,
      backupPlace: backupPlaces,
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [],
  },
  recycledSnapshots: {
    columns: ['account', 'region'],
    keys: { recycledUntil: ({ recycledUntil }) => [recycledUntil] },
    unique: [],
  },
  volumes: {
    columns: ['account', 'region', 'state', 'host'],
    keys: {
      instance: ({ attachment }) => (attachment ? [attachment.instanceId] : []),
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [],
  },
  recycledVolumes: {
    columns: ['account', 'region'],
    keys: { recycledUntil: ({ recycledUntil }) => [recycledUntil] },
    unique: [],
  },
  instances: {
    columns: [
      'account',
      'region',
      'state',
      'reservationId',
      'subnetId',
      'privateIp',
      'publicIp',
      'host',
      'ownerUid',
    ],
    keys: {
      group: (row) => row.securityGroupIds,
      image: (row) => [row.imageId],
      livingType: livingTypes,
      networkInterface: (row) => [row.networkInterfaceId],
      interfaceTag: (row) => tagKeys({ ...row, tags: interfaceTags(row) }),
      interfaceTagName: (row) => tagNames({ ...row, tags: interfaceTags(row) }),
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [],
  },
  keyPairs: {
    columns: ['account', 'region', 'name'],
    keys: { tag: tagKeys, tagName: tagNames },
    unique: [['account', 'region', 'name']],
  },
  launchTemplates: {
    columns: ['account', 'region', 'name'],
    keys: { tag: tagKeys, tagName: tagNames },
    unique: [['account', 'region', 'name']],
  },
  launchTemplateVersions: {
    columns: ['account', 'region', 'templateId'],
    keys: { image: imageOfVersion },
    unique: [],
  },
  fleets: { columns: ['account', 'region'], keys: { tag: tagKeys, tagName: tagNames }, unique: [] },
  rootReplacements: {
    columns: ['account', 'region', 'instanceId', 'state'],
    keys: { tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  importSnapshotTasks: {
    columns: ['account', 'region', 'state'],
    keys: { ended: sinceEnded, tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  importImageTasks: {
    columns: ['account', 'region', 'state'],
    keys: { ended: sinceEnded, tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  exportImageTasks: {
    columns: ['account', 'region'],
    keys: { ended: sinceEnded, tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  exportInstanceTasks: {
    columns: ['account', 'region'],
    keys: { ended: sinceEnded, tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  storeImageTasks: {
    columns: ['account', 'region', 'imageId'],
    keys: { ended: sinceEnded },
    unique: [],
  },
  fastRestores: {
    columns: ['account', 'region', 'snapshotId', 'state'],
    keys: {},
    unique: [],
  },
  vpcs: { columns: ['account', 'region'], keys: { tag: tagKeys, tagName: tagNames }, unique: [] },
  subnets: {
    columns: ['account', 'region', 'vpcId'],
    keys: { tag: tagKeys, tagName: tagNames },
    unique: [],
  },
  securityGroups: {
    columns: ['account', 'region', 'vpcId', 'name'],
    keys: { tag: tagKeys, tagName: tagNames },
    unique: [['vpcId', 'name']],
  },
  securityGroupRules: {
    columns: ['account', 'region', 'groupId'],
    keys: {
      peerGroup: ({ peer }) => (peer.kind === 'group' ? [peer.value] : []),
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [],
  },
  tasks: {
    columns: ['account', 'region', 'state', 'kind', 'subject', 'host'],
    keys: {},
    unique: [],
  },
  clientTokens: {
    columns: ['account', 'region', 'action', 'token'],
    keys: { createdAt: (row) => [row.renewedAt ?? row.createdAt] },
    unique: [['account', 'region', 'action', 'token']],
  },
  accountSettings: { columns: ['account', 'region'], keys: {}, unique: [] },
  leases: { columns: [], keys: {}, unique: [] },
  products: { columns: ['account'], keys: {}, unique: [] },
  subscriptions: { columns: ['account'], keys: {}, unique: [] },
  imageUsageReports: {
    columns: ['account', 'region'],
    keys: {
      image: ({ imageId }) => [imageId],
      expiresAt: ({ expiresAt }) => [expiresAt],
      tag: tagKeys,
      tagName: tagNames,
    },
    unique: [],
  },
  recycleRules: { columns: ['account', 'region'], keys: {}, unique: [] },
  // Their ids are made of account, region and name, by which they are found.
  parameters: { columns: ['account', 'region'], keys: { image: imageOfParameter }, unique: [] },
  parameterVersions: { columns: ['account', 'region'], keys: {}, unique: [] },
  documents: { columns: ['account', 'region'], keys: {}, unique: [] },
  documentVersions: { columns: ['account', 'region'], keys: {}, unique: [] },
  kmsKeys: {
    columns: ['account', 'region'],
    keys: { deletionAt: ({ deletionAt }) => (deletionAt ? [deletionAt] : []) },
    unique: [],
  },
  kmsAliases: { columns: ['account', 'region', 'keyId'], keys: {}, unique: [] },
  kmsGrants: {
    columns: ['account', 'region', 'keyId'],
    keys: { retirable: retirableBy },
    unique: [],
  },
  masterKeys: { columns: [], keys: {}, unique: [] },
  storageDays: { columns: [], keys: {}, unique: [] },
  signingKeys: { columns: ['account'], keys: {}, unique: [] },
  imageManifests: { columns: ['account', 'region'], keys: {}, unique: [] },
  // Those of Image Builder are found by their ARNs, which are their ids.
  components: { columns: ['account', 'region', 'slug'], keys: {}, unique: [] },
  imageRecipes: {
    columns: ['account', 'region', 'slug'],
    keys: { component: componentsOfRecipe, parent: ({ parentImage }) => [parentImage] },
    unique: [],
  },
  infrastructureConfigurations: { columns: ['account', 'region'], keys: {}, unique: [] },
  distributionConfigurations: { columns: ['account', 'region'], keys: {}, unique: [] },
  imagePipelines: {
    columns: ['account', 'region'],
    keys: {
      // Recipe and configurations.
      uses: ({ recipeArn, infrastructureArn, distributionArn }) =>
        [recipeArn, infrastructureArn, distributionArn].filter((arn) => arn !== undefined),
      nextRun: ({ nextRunAt, nextLookAt = nextRunAt }) => (nextRunAt ? [nextLookAt ?? ''] : []),
    },
    unique: [],
  },
  imageBuilds: {
    columns: ['account', 'region', 'slug', 'state'],
    keys: {
      version: ({ id }) => [id.slice(0, id.lastIndexOf('/'))],
      pipeline: ({ pipeline }) => (pipeline ? [pipeline.arn] : []),
      workflow: workflowIdsOf,
      componentInBuild: componentsInBuild,
    },
    unique: [],
  },
  ...backupTableSpecs,
} as const satisfies { [N in TableName]: TableSpec<Rows[N]> };

export const tableNames = Object.keys(tableSpecs) as TableName[];

/** Their rows get `sequence` when they are inserted. */
export const sequencedTables: ReadonlySet<TableName> = new Set(['tasks']);

export type Column<N extends TableName> = (typeof tableSpecs)[N]['columns'][number] | 'id';
export type Key<N extends TableName> = keyof (typeof tableSpecs)[N]['keys'] & string;

/** A member as its column has it, and as conditions name it: one that is absent is empty. */
export function columnText(value: unknown): string {
  return value === undefined ? '' : String(value);
}

/** All that a row is found by in the table of keys, each once. */
export function keysOf<N extends TableName>(name: N, row: Rows[N]): KeyValue[] {
  // TypeScript cannot follow that the row is of this very table.
  const keys = tableSpecs[name].keys as Record<string, (row: Rows[N]) => readonly string[]>;
  return Object.entries(keys).flatMap(([key, valuesOf]) =>
    [...new Set(valuesOf(row))].map((value) => ({ key, value })),
  );
}

export interface KeyValue {
  key: string;
  value: string;
}
