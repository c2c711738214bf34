"""A certificate authority for this machine alone, and the server's certificate from it.

Excel loads add-ins over HTTPS only. The authority's certificate is limited to the names that it was made for
(name constraints, RFC 5280 4.2.1.10), so trusting it lets nobody impersonate another site, not even with its
key. ECDSA on P-256; the authority lives two years, the server's certificate as long as Apple takes one for
(825 days, less here), and is made anew when a month is left.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cellwright.errors import UsageError

DEFAULT_NAMES = ("localhost", "127.0.0.1", "::1")
_AUTHORITY_DAYS = 730
_SERVER_DAYS = 397
_RENEW_DAYS = 30
_NAME = "Cellwright on this machine"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files: the authority's certificate to trust, the server's certificate chain and its key."""

    authority: Path
    chain: Path
    key: Path


def ensure_certificates(
    folder: Path, names: Sequence[str] = DEFAULT_NAMES, *, renew: bool = False
) -> Certificates:
    """The certificates in a folder for those names, made where there are none or they soon end.

    A new authority has to be trusted anew, so it is kept while it covers the names. Raises UsageError for a
    name that is no DNS name or IP address.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server-key.pem")
    authority_key_path = folder / "authority-key.pem"
    wanted = tuple(dict.fromkeys(names))
    authority = None if renew else _load(files.authority)
    if authority is None or not authority_key_path.is_file() or not _covers(authority, wanted):
        authority_key = ec.generate_private_key(ec.SECP256R1())
        authority = _authority(authority_key, wanted)
        _write_key(authority_key_path, authority_key)
        files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        server = None
    else:
        authority_key = _read_key(authority_key_path)
        server = _load(files.chain)
    is_signed = server is not None and server.issuer == authority.subject
    if server is None or not is_signed or not files.key.is_file() or not _has_names(server, wanted):
        key = ec.generate_private_key(ec.SECP256R1())
        server = _server(key, wanted, authority, authority_key)
        _write_key(files.key, key)
        pem = serialization.Encoding.PEM
        files.chain.write_bytes(server.public_bytes(pem) + authority.public_bytes(pem))
    return files


def trust_instructions(authority: Path) -> dict[str, str]:
    """Per system the command that makes it trust the authority, and the one that takes it back."""
    path = str(authority.resolve())
    windows = path.replace("/", "\\") if os.name == "nt" else path
    return {
        "Windows": f'certutil -user -addstore Root "{windows}"\n'
        f'(take back: certutil -user -delstore Root "{_NAME}")',
        "macOS": f'security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db "{path}"\n'
        f'(take back: security remove-trusted-cert "{path}")',
        "Debian, Ubuntu": f'sudo cp "{path}" /usr/local/share/ca-certificates/cellwright.crt && '
        "sudo update-ca-certificates\n"
        "(take back: remove the file and run it again)",
        "Fedora": f'sudo trust anchor "{path}"\n(take back: sudo trust anchor --remove "{path}")',
        "Chrome and Chromium on Linux": "certutil -d sql:$HOME/.pki/nssdb -A -t C,, "
        f'-n "{_NAME}" -i "{path}"\n(take back: certutil -d sql:$HOME/.pki/nssdb -D -n "{_NAME}")',
    }


def fingerprint(certificate: Path) -> str:
    """The SHA-256 of a certificate, to compare with what a system shows."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return loaded.fingerprint(hashes.SHA256()).hex(":").upper()


def _authority(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    permitted = [_constraint(name) for name in names]
    return (
        _builder(subject, subject, key.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(subject, authority.subject, key.public_key(), _SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _alternative(name: str) -> x509.GeneralName:
    address = _address(name)
    if address is not None:
        return x509.IPAddress(address)
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    if not _DNS_NAME.fullmatch(ascii_name):
        raise UsageError(f"expected a host name or address, got {name[:80]!r}")
    return x509.DNSName(ascii_name)


def _constraint(name: str) -> x509.GeneralName:
    address = _address(name)
    return _alternative(name) if address is None else x509.IPAddress(ipaddress.ip_network(address))


def _covers(authority: x509.Certificate, names: Sequence[str]) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = set(constraints.permitted_subtrees or ())
    return _has_time(authority) and all(_constraint(name) in permitted for name in names)


def _has_names(server: x509.Certificate, names: Sequence[str]) -> bool:
    held = set(server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    return _has_time(server) and all(_alternative(name) in held for name in names)


def _has_time(certificate: x509.Certificate) -> bool:
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return left > datetime.timedelta(days=_RENEW_DAYS)


def _load(path: Path) -> x509.Certificate | None:
    if not path.is_file():
        return None
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise UsageError(f"expected a certificate in {path}, got something else; delete it") from error


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UsageError(f"expected an elliptic curve key in {path}, got another; delete it")
    return key


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
