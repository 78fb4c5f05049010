# The model server of Inhouse on NVIDIA GPUs: vLLM's own image, and `inhouse serve`, which chooses and sizes the model.
#
#   docker build -f containers/cuda.Dockerfile -t inhouse-model .

# The tag is the engine's pin (rag/models/engine); a test compares them.
ARG VLLM=v0.32.0

FROM vllm/vllm-openai:${VLLM}
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY containers/requirements.lock containers/
# An environment of its own: what vLLM pins is not touched.
RUN python3 -m venv /opt/inhouse \
    && /opt/inhouse/bin/pip install --no-deps --require-hashes -r containers/requirements.lock
COPY . .
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install build==1.4.0 \
    && /opt/build/bin/python -m build --wheel --outdir /dist . \
    && /opt/inhouse/bin/pip install --no-deps /dist/*.whl \
    && ln -s /opt/inhouse/bin/inhouse /usr/local/bin/inhouse \
    && rm -rf /src /opt/build /dist \
    && useradd --system --uid 10001 --create-home --home-dir /srv/inhouse inhouse
ENV HOME=/srv/inhouse \
    PYTHONDONTWRITEBYTECODE=1 \
    INHOUSE_CACHE=/srv/inhouse/models
USER 10001:10001
WORKDIR /srv/inhouse
VOLUME ["/srv/inhouse"]
ENTRYPOINT ["inhouse"]
CMD ["serve"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=15m --retries=4 \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
