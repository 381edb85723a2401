# The command, and the emulator as a service:
#
#     docker build --tag tollgate .
#     docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" --env PORTKEY_API_KEY tollgate plan
#
#     docker build --tag tollgate-emulator --target emulator .
#     docker run --rm --publish 127.0.0.1:8788:8788 tollgate-emulator
#
# The base is named by its tag, which moves with repairs. To build on one image and no other, name its digest:
#
#     docker buildx imagetools inspect docker.io/library/node:24-bookworm-slim
#     docker build --build-arg NODE_IMAGE=docker.io/library/node@sha256:… .
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# Debian, for DuckDB of `logs` needs its C library. Git holds the record.
FROM ${NODE_IMAGE} AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs

FROM base AS packages
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM base AS command
WORKDIR /opt/tollgate
COPY package.json LICENSE CHANGELOG.md README.md ./
COPY docs docs
COPY policies policies
COPY schemas schemas
COPY --from=packages /src/node_modules node_modules
COPY --from=build /src/build build
RUN ln -s /opt/tollgate/build/cli.js /usr/local/bin/tollgate
# A number, so that who forbids root can tell. With --user it is whoever owns the clone, which Git asks for.
USER 1000:1000
WORKDIR /work
ENTRYPOINT ["tollgate"]
CMD ["--help"]

FROM command AS emulator
EXPOSE 8788
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:8788/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["emulate", "--host", "0.0.0.0"]

# The last one is what is built without --target.
FROM command AS tollgate
