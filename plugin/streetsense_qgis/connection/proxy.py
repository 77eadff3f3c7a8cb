"""The proxy of QGIS' settings, in the variables that Python's tools read."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from qgis.core import QgsApplication, QgsAuthMethodConfig, QgsSettings

#: Types of QGIS' network settings, and how they begin in an address. The system's own proxy needs no variable:
#: Python's tools find it by themselves.
_SCHEMES = {"HttpProxy": "http", "HttpCachingProxy": "http", "Socks5Proxy": "socks5"}


def proxy_environment() -> dict[str, str]:
    """Return the variables that tell a child process of QGIS' proxy; none when QGIS uses none.

    Call it on the main thread, when somebody asked for something: where the login lies in QGIS' authentication
    database, QGIS may ask for its master password.
    """
    settings = QgsSettings()
    scheme = _SCHEMES.get(str(settings.value("proxy/proxyType", "")))
    host = str(settings.value("proxy/proxyHost", "") or "").strip()
    if not settings.value("proxy/proxyEnabled", False, type=bool) or scheme is None or not host:
        return {}
    port = str(settings.value("proxy/proxyPort", "") or "").strip()
    user, password = _login(settings)
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    address = f"{scheme}://{login}{host}" + (f":{port}" if port else "")
    variables = {"HTTP_PROXY": address, "HTTPS_PROXY": address}
    direct = _direct_hosts(settings)
    if direct:
        variables["NO_PROXY"] = direct
    # Some tools read the one, some the other.
    return {**variables, **{name.lower(): value for name, value in variables.items()}}


def _login(settings: QgsSettings) -> tuple[str, str]:
    config_id = str(settings.value("proxy/authcfg", "") or "")
    if config_id:
        config = QgsAuthMethodConfig()
        found, config = QgsApplication.authManager().loadAuthenticationConfig(config_id, config, True)
        if found:
            return config.config("username"), config.config("password")
    return str(settings.value("proxy/proxyUser", "") or ""), str(settings.value("proxy/proxyPassword", "") or "")


def _direct_hosts(settings: QgsSettings) -> str:
    """Return the hosts that are asked without the proxy; QGIS keeps the beginnings of their addresses."""
    hosts = []
    for key in ("proxy/proxyExcludedUrls", "proxy/noProxyUrls"):
        value = settings.value(key) or []
        for address in value.split("|") if isinstance(value, str) else value:
            host = _host(str(address))
            if host:
                hosts.append(host)
    return ",".join(sorted(set(hosts)))


def _host(address: str) -> str:
    """Return the host in what somebody entered, with or without its scheme; empty when there is none."""
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
