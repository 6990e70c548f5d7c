"""What a client brings for a connection before it asks anything."""

from __future__ import annotations

import ssl

import pytest

from service.client_errors import ClientError
from service.transport import Transport


@pytest.fixture
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("certificates are read")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", refuse)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", refuse)


@pytest.mark.usefixtures("no_certificates")
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"])
def test_no_certificate_is_read_for_a_service_on_this_machine_without_tls(url: str) -> None:
    Transport(url, None).close()


@pytest.mark.usefixtures("no_certificates")
@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "https://golden.example", "http://golden.example"])
def test_certificates_are_read_wherever_tls_may_be_spoken(url: str) -> None:
    with pytest.raises(ClientError, match="certificates are read"):
        Transport(url, None)


def test_tls_without_certificates_trusts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[ssl.SSLContext] = []
    monkeypatch.setattr("httpx2.Client", lambda **options: used.append(options["verify"]))
    Transport("http://127.0.0.1:1", None)
    assert used[0].verify_mode == ssl.CERT_REQUIRED
    assert used[0].check_hostname
    assert used[0].cert_store_stats()["x509"] == 0
