# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements/runtime.txt requirements/runtime.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /state --create-home hub
WORKDIR /app
COPY --from=build /venv /venv
COPY federation federation
COPY hub hub
COPY migrations migrations
COPY policies policies
COPY graphql graphql
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 HUB_STATE_DIR=/state
USER hub
VOLUME /state
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["python", "-m", "hub"]
CMD ["serve", "--host", "0.0.0.0"]
