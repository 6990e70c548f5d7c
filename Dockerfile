# Two small images from one file:
#   service   the HTTP front end, no torch     docker build --target service .
#   worker    trains; runs on CPU or CUDA      docker build --target worker .
# PyPI's torch brings its own CUDA libraries. For a far smaller CPU-only worker, name an index that has CPU builds:
#   docker build --target worker --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# Dependencies first, against empty packages: a change of our code then costs seconds, not a download.
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/golden
COPY pyproject.toml hatch_build.py constraints.txt README.md LICENSE ./
RUN for part in golden_study service worker studies; do mkdir $part && touch $part/__init__.py; done \
 && /opt/golden/bin/pip install . -c constraints.txt

FROM build AS build-worker-parts
ARG TORCH_INDEX=""
RUN /opt/golden/bin/pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} '.[worker]' -c constraints.txt

FROM build AS build-service
RUN /opt/golden/bin/pip install '.[parquet]' -c constraints.txt
COPY studies studies
COPY golden_study golden_study
COPY service service
COPY worker worker
COPY docs/results docs/results
RUN /opt/golden/bin/pip install --no-deps --force-reinstall .

# The manual, which the service shows at /help. The tools that build it stay in this stage.
FROM build-service AS build-manual
RUN /opt/golden/bin/pip install '.[docs]' -c constraints.txt
COPY CHANGELOG.md CONTRIBUTING.md CITATION.cff SECURITY.md ./
COPY docs docs
COPY examples examples
COPY deploy deploy
COPY benchmarks benchmarks
RUN /opt/golden/bin/python -m service.manual_builder --output /manual

FROM build-service AS build-service-with-manual
COPY --from=build-manual /manual service/manual/site
RUN /opt/golden/bin/pip install --no-deps --force-reinstall .

FROM build-worker-parts AS build-worker
COPY studies studies
COPY golden_study golden_study
COPY service service
COPY worker worker
RUN /opt/golden/bin/pip install --no-deps --force-reinstall .

FROM ${PYTHON_IMAGE} AS base
LABEL org.opencontainers.image.title="golden-study" \
      org.opencontainers.image.description="Hyperparameter studies that test where the optimum lies" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 golden && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin golden
ENV PATH=/opt/golden/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TZ=UTC \
    HOME=/tmp XDG_CACHE_HOME=/tmp/cache GOLDEN_LOG_FORMAT=json
WORKDIR /tmp
USER 10001:10001

FROM base AS service
COPY --from=build-service-with-manual /opt/golden /opt/golden
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["golden"]
CMD ["serve", "--host", "0.0.0.0"]

# The compiler builds the training kernels for the machine at hand, once per container; without it training works, slower.
FROM base AS worker
USER 0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY --from=build-worker /opt/golden /opt/golden
ENV GOLDEN_DATA_DIR=/data GOLDEN_HEARTBEAT_DIR=/tmp/heartbeat
# Each of the worker's processes touches a file of its own every 20 s, also while the database is away.
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=2 \
  CMD ["sh", "-c", "ls $GOLDEN_HEARTBEAT_DIR/* > /dev/null && test -z \"$(find $GOLDEN_HEARTBEAT_DIR -type f -mmin +2)\""]
STOPSIGNAL SIGTERM
ENTRYPOINT ["golden-worker"]
