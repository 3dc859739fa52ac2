# Two images from one file:
#   docker build -t recado .        the broker as a user without rights; the last stage, and so the default
#   docker build --target fly .     the same for Fly, where volumes arrive owned by root
# Listening beyond loopback takes a secret:
#   docker run -e JWT_SECRET=… -v recado_data:/data -p 127.0.0.1:8080:8080 --stop-timeout 30 recado
# Docker kills after ten seconds unless told otherwise, which leaves a full drain little for the last commit.

FROM rust:1.95-bookworm AS build
WORKDIR /build
# Manifests and empty sources first: the layer with all dependencies compiled lasts until a manifest or the lock changes.
# rust-toolchain.toml stays out: it would make rustup fetch another toolchain than the image's own.
COPY Cargo.toml Cargo.lock ./
COPY actors/Cargo.toml actors/
COPY bench/Cargo.toml bench/
RUN mkdir -p src actors/src bench/src \
    && echo 'fn main() {}' | tee src/main.rs bench/src/main.rs > /dev/null \
    && touch src/lib.rs actors/src/lib.rs bench/src/lib.rs \
    && cargo build --release --locked --package recado
COPY config.toml ./
COPY migrations migrations
COPY web web
COPY actors/src actors/src
COPY bench/src bench/src
COPY src src
# Cargo goes by age, and the sources are older than what was just compiled from the empty ones.
RUN find src actors/src bench/src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package recado

FROM debian:bookworm-slim AS base
LABEL org.opencontainers.image.title="Recado" \
    org.opencontainers.image.description="A message broker for conversations" \
    org.opencontainers.image.licenses="MIT"
# Without certificates the client that calls the backend cannot even be made.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 recado \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin recado \
    && install -d -o 10001 -g 10001 -m 0700 /data
WORKDIR /app
COPY LICENSE ./
COPY --from=build /build/target/release/recado ./
# The store goes by its alias, so that either of its names, given from outside, replaces this.
# Metrics have a port of their own, so that publishing the first publishes no figures.
ENV RECADO_SERVER__HOST=0.0.0.0 \
    METRICS_PORT=9091 \
    DATABASE_URL=sqlite:/data/recado.db
VOLUME /data
EXPOSE 8080 9091
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=4s --start-period=10s --retries=3 CMD ["/app/recado", "healthcheck"]

# Root only until the volume has changed hands; the script then becomes the broker, as user 10001 and without rights.
FROM base AS fly
COPY deploy/enter-on-fly.sh ./
USER root
ENTRYPOINT ["/app/enter-on-fly.sh"]

FROM base AS recado
USER 10001:10001
ENTRYPOINT ["/app/recado"]
