# ingest-service: receives, verifies, stores. Built from the top of the project:
#   docker build -f deploy/containers/ingest.Dockerfile -t landed-ingest .
FROM node:24-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY schemas/package.json schemas/
COPY ingest-service/package.json ingest-service/
COPY processor-service/package.json processor-service/
COPY deploy/package.json deploy/
RUN npm ci --omit=dev --ignore-scripts --workspace @landed/schemas --workspace @landed/ingest-service

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
# Node runs the TypeScript as it stands; workspaces stay links, so their real path is not below node_modules.
COPY --from=install /app/node_modules node_modules
COPY package.json ./
COPY schemas schemas
COPY ingest-service ingest-service
RUN mkdir -p /var/lib/landed && chown node:node /var/lib/landed
USER node
ENV INGEST_HOST=0.0.0.0 INGEST_OPS_HOST=0.0.0.0 INGEST_STATE_DIR=/var/lib/landed
EXPOSE 8080 9101
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9101/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "ingest-service/src/main.ts"]
