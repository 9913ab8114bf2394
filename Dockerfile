# The gateway with its development configuration:
#
#   docker build -t boardcast .
#   docker run -p 8443:8443 -p 8080:8080 -v boardcast-certs:/srv/boardcast/certs boardcast
#
# The certificates of localhost are made when the container starts, so that no image carries a key.
# In the volume they outlive the container; `docker cp CONTAINER:/srv/boardcast/certs/ca.crt .`
# fetches the CA for `curl --cacert`. For other settings mount a file and name it last:
# `docker run … boardcast --config /srv/boardcast/config/mine.yaml`.

FROM debian:12-slim AS build
WORKDIR /src
COPY dev ./
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      $(./dev packages build) \
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
      openssl libssl3 libnghttp2-14 libevent-core-2.1-7 libspdlog1.10 libyaml-cpp0.7 \
      libprometheus-cpp-core1.0 libcurl4 libcjose0 libjansson4 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --no-create-home --shell /usr/sbin/nologin boardcast
WORKDIR /srv/boardcast
COPY --from=build /src/build/release/boardcast /usr/local/bin/
COPY config config
COPY certs/make-dev-certs.sh /usr/local/bin/make-dev-certs
RUN printf '%s\n' '#!/bin/sh' 'set -eu' 'make-dev-certs /srv/boardcast/certs' \
      'exec boardcast serve --config config/dev.yaml --config config/container.yaml "$@"' \
      >/usr/local/bin/boardcast-start \
 && chmod 755 /usr/local/bin/boardcast-start \
 && install -d -o boardcast certs \
 && boardcast --version
USER boardcast
EXPOSE 8443 8080
HEALTHCHECK --interval=10s \
  CMD boardcast health "http://127.0.0.1:${BOARDCAST_PORT:-8080}/readyz"
ENTRYPOINT ["boardcast-start"]
