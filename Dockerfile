# The steps of `make run`. State lives in the volume; settings are KB_… variables, KB_BASE_URL the first to set.
FROM python:3.13-slim-trixie AS build
WORKDIR /srv/knowledge-base
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY app app
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && .venv/bin/pip check \
    && .venv/bin/python -m compileall -q app

FROM python:3.13-slim-trixie
WORKDIR /srv/knowledge-base
# pg_dump and pg_restore, for backups of PostgreSQL up to their version (17).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "postgresql-client-17=17.*" \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home kb && install --directory --owner=kb --mode=700 var secrets
COPY --from=build /srv/knowledge-base ./
COPY migrations migrations
COPY seed_data seed_data
COPY docs docs
ENV PATH="/srv/knowledge-base/.venv/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    KB_HOST=0.0.0.0 \
    KB_PORT=8000 \
    KB_BASE_URL=http://127.0.0.1:8000
USER 10001
VOLUME ["/srv/knowledge-base/var", "/srv/knowledge-base/secrets"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['KB_PORT'] + '/health/ready', timeout=2)"]
CMD ["sh", "-c", "kb migrate && kb seed && exec kb serve"]
