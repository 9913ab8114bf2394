# The gateway for production, with what it needs and nothing else: config/README.md, "Install", says
# how to run it. It writes nothing, so its root may be read-only; it carries no key, and no
# certificates but those of the public authorities (for `boardcast tail https://…`).

FROM debian:12-slim AS build
WORKDIR /src
COPY dev ./
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      $(./dev packages build) ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY gateway gateway
COPY bench bench
COPY config config
ARG COMMIT=
RUN cmake --preset release -DBOARDCAST_COMMIT="$COMMIT" \
 && cmake --build --preset release --target boardcast \
 && strip build/release/boardcast

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libssl3 libnghttp2-14 libevent-core-2.1-7 libspdlog1.10 libyaml-cpp0.7 \
      libprometheus-cpp-core1.0 libcurl4 libcjose0 libjansson4 libhiredis0.14 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
 && groupadd --gid 10001 boardcast \
 && useradd --no-log-init --uid 10001 --gid 10001 --no-create-home --home-dir / \
      --shell /usr/sbin/nologin boardcast \
 && install -d /etc/boardcast/tls
# The package would bring the openssl command with it.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/build/release/boardcast /usr/local/bin/
COPY config/docker.yaml /etc/boardcast/
RUN ["boardcast", "--version"]
ARG COMMIT=
LABEL org.opencontainers.image.title="Boardcast" \
      org.opencontainers.image.description="Many event streams over one HTTP/2 connection" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.base.name="docker.io/library/debian:12-slim"
# A number, so that Kubernetes' runAsNonRoot can tell that it is not root's.
USER 10001:10001
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s \
  CMD boardcast health "http://127.0.0.1:${BOARDCAST_ADMIN_PORT:-9901}/readyz"
ENTRYPOINT ["boardcast"]
CMD ["serve", "--config", "/etc/boardcast/docker.yaml"]
