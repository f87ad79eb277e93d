import type { readEnvelope } from './envelope.ts';
import type { KeyRing } from './key-ring.ts';
import type { TemporaryControl } from './temporary-control.ts';
import type { SignatureScheme } from './verify.ts';

/** A sender of webhooks, with its verification rule and the shape of its bodies. */
export type Source = {
  readonly name: 'customerio';
  readonly scheme: SignatureScheme;
  /** Path while one workspace is configured. */
  readonly path: string;
  readonly workspacePath: (workspace: string) => string;
  readonly readEnvelope: typeof readEnvelope;
};

/** Where the webhooks of one workspace arrive, and what proves them. */
export type Route = {
  readonly source: Source;
  readonly workspace: string;
  readonly keys: KeyRing;
  readonly temporary: TemporaryControl | null;
};

/** A request's route, and the secret its path held. */
export type RouteMatch = { readonly route: Route; readonly pathSecret: string | null };

export type Routes = {
  readonly all: readonly Route[];
  /** @param url target of the request; its query is not looked at */
  readonly find: (url: string) => RouteMatch | null;
};

/** Paths of every workspace; the short one only while there is a single workspace to mean. */
export function createRoutes(routes: readonly Route[]): Routes {
  const byPath = new Map<string, RouteMatch>();
  for (const route of routes) {
    const match = { route, pathSecret: null };
    byPath.set(route.source.workspacePath(route.workspace), match);
    const rivals = routes.filter((other) => other.source === route.source);
    if (rivals.length === 1) byPath.set(route.source.path, match);
  }
  const withSecret = (path: string): RouteMatch | null => {
    const slash = path.lastIndexOf('/');
    const match = byPath.get(path.slice(0, slash));
    if (match?.route.temporary?.place !== 'path') return null;
    return { route: match.route, pathSecret: path.slice(slash + 1) };
  };
  return {
    all: routes,
    find: (url) => {
      const query = url.indexOf('?');
      const path = query < 0 ? url : url.slice(0, query);
      return byPath.get(path) ?? withSecret(path);
    },
  };
}
