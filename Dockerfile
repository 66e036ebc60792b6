# kubette on port 6443, with its data under /data:
#   docker build -t kubette . && docker run -p 6443:6443 kubette
#   docker exec CONTAINER cat /data/kubeconfig
FROM node:22-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm pack --pack-destination /tmp && mkdir /app && cd /app && npm install --omit=dev --no-audit --no-fund /tmp/kubette-*.tgz

FROM node:22-slim
COPY --from=build /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 6443
# The certificate is of kubette's own authority: it is the answer that counts.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "require('node:https').get('https://127.0.0.1:6443/readyz', { rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "/app/node_modules/kubette/dist/cli.mjs"]
CMD ["serve", "--bind-address", "0.0.0.0", "--port", "6443", "--data-dir", "/data"]
