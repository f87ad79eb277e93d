# processor-service: collapses, scores, fills the warehouse; also the `landed` command line.
#   docker build -f deploy/containers/processor.Dockerfile -t landed-processor .
FROM node:24-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY schemas/package.json schemas/
COPY ingest-service/package.json ingest-service/
COPY processor-service/package.json processor-service/
COPY deploy/package.json deploy/
RUN npm ci --omit=dev --ignore-scripts --workspace @landed/schemas --workspace @landed/processor-service

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=install /app/node_modules node_modules
COPY package.json ./
COPY schemas schemas
COPY processor-service processor-service
RUN mkdir -p /var/lib/landed && chown node:node /var/lib/landed
USER node
ENV PROCESSOR_OPS_HOST=0.0.0.0 PROCESSOR_STATE_DIR=/var/lib/landed
VOLUME /var/lib/landed
EXPOSE 9102
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=5 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9102/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "processor-service/src/main.ts"]
