import type { BlockList } from 'node:net';
import { createAllowlist } from './allowlist.ts';
import type { Allowlist } from './allowlist.ts';
import type { AccessConfig, NamedRanges } from './access-config.ts';
import { createKeyRing } from './key-ring.ts';
import { createRoutes } from './routes.ts';
import type { Route, Routes } from './routes.ts';
import { sources } from './sources/all.ts';
import { createTemporaryControl } from './temporary-control.ts';
import type { TimestampPolicy } from './verify.ts';

/** Who may call, and how it is proved; built whole from settings and replaced whole on reload. */
export type Access = {
  readonly routes: Routes;
  readonly allowlist: Allowlist;
  readonly ranges: NamedRanges | null;
  readonly trustedProxies: BlockList;
  readonly timestampPolicy: TimestampPolicy;
  readonly keyIds: readonly string[];
  /** Workspaces that a shared secret opens for now. */
  readonly temporaryWorkspaces: readonly string[];
};

function routesOf(config: AccessConfig): Route[] {
  const { signingKeys, temporarySecrets, temporaryPlace } = config;
  const workspaces = new Set([...signingKeys.keys(), ...temporarySecrets.keys()]);
  return sources.flatMap((source) =>
    [...workspaces].map((workspace) => {
      const secrets = temporarySecrets.get(workspace);
      const temporary =
        secrets && temporaryPlace ? createTemporaryControl(temporaryPlace, secrets) : null;
      const keys = createKeyRing(signingKeys.get(workspace) ?? []);
      return { source, workspace, keys, temporary };
    }),
  );
}

export function createAccess(config: AccessConfig): Access {
  const routes = routesOf(config);
  return {
    routes: createRoutes(routes),
    allowlist: createAllowlist(config.allowlistMode, config.networks, config.trustedProxies),
    ranges: config.ranges,
    trustedProxies: config.trustedProxies,
    timestampPolicy: config.timestampPolicy,
    keyIds: routes.flatMap((route) => route.keys.keys.map((key) => key.id)),
    temporaryWorkspaces: routes
      .filter((route) => route.temporary !== null)
      .map((route) => route.workspace),
  };
}
