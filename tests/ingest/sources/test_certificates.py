"""A certificate of a company's own authority: read where the machine knows that one, else a fault."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ingest.sources.places import find_free_port, wait_for
from tests.ingest.sources.rclone_places import RCLONE
from tests.ingest.sources.site import WebSite, web_page
from tests.ingest.sources.world import SourceHome, page

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE", "RCLONE_CA_CERT", "GIT_SSL_CAINFO")


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The certificate of 127.0.0.1, which is its own authority, and its key. No variable names it."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture
def site(certificate: tuple[Path, Path]) -> Iterator[WebSite]:
    """A web site over https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    site = WebSite(context)
    site.put("/", web_page("Home"))
    yield site
    site.close()


def test_a_web_site_is_read_with_the_authorities_of_the_machine(
    site: WebSite, certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them the reason names the certificate."""
    home = SourceHome(
        tmp_path, kind="web", name="w", url=f"{site.url}/", allow_private=True, readers=["*"]
    )
    report = home.ingest()
    assert (report.changes, report.exit_code) == (0, 1)
    assert "certificate" in report.roots[0].reason.lower()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert home.ingest().added == 1


@pytest.mark.parametrize("name", ["GIT_SSL_CAINFO", "SSL_CERT_FILE"])
def test_git_knows_them_too(
    site: WebSite,
    certificate: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """The site is no repository; with its authority git comes far enough to hear so."""
    home = SourceHome(tmp_path, kind="git", name="g", url=f"{site.url}/handbook.git", readers=["*"])
    assert "certificate" in home.ingest().roots[0].reason
    monkeypatch.setenv(name, str(certificate[0]))
    assert "not found" in home.ingest().roots[0].reason


@pytest.mark.skipif(not RCLONE, reason="rclone is not installed")
@pytest.mark.parametrize("name", ["RCLONE_CA_CERT", "AWS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_rclone_knows_them_too(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Also by the variable for S3, which rclone itself refuses."""
    share, config, port = tmp_path / "share", tmp_path / "rclone.conf", find_free_port()
    share.mkdir()
    (share / "a.md").write_text(page(1))
    config.write_text(f"[share]\ntype = webdav\nurl = https://127.0.0.1:{port}\nvendor = other\n")
    config.chmod(0o600)
    server = subprocess.Popen(
        [
            RCLONE, "serve", "webdav", f"--addr=127.0.0.1:{port}", f"--cert={certificate[0]}",
            f"--key={certificate[1]}", str(share),
        ],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port)
        home = SourceHome(
            tmp_path, kind="rclone", name="r", remote="share:", config=str(config), readers=["*"]
        )
        assert "certificate" in home.ingest().roots[0].reason
        monkeypatch.setenv(name, str(certificate[0]))
        assert home.ingest().added == 1
    finally:
        server.kill()
        server.wait()
