import type { RequestListener } from 'node:http';
import { createWebhookListener } from './app.ts';
import type { AppDeps } from './app.ts';
import type { Metrics } from './metrics.ts';
import { createRest } from './rest.ts';

/**
 * Everything the webhook port answers. The hot route stands in front of express, which costs more a
 * request than all that is done here; express has the rest.
 */
export function createListener(
  deps: AppDeps & { readonly metrics: Pick<Metrics, 'misdirected'> },
): RequestListener {
  const webhook = createWebhookListener(deps);
  const rest = createRest({
    routes: () => deps.access().routes,
    metrics: deps.metrics,
    logger: deps.logger,
  });
  return (request, response) => {
    const isPost = request.method === 'POST';
    const match = isPost ? deps.access().routes.find(request.url ?? '') : null;
    if (match) void webhook(request, response, match);
    else rest(request, response);
  };
}
