"""QGIS' encrypted store of passwords: opened, read and written; on the main thread."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsAuthMethodConfig

#: Why the store cannot be used: somebody switched it off, or its master password is not known.
OFF, LOCKED = "off", "locked"
#: The user of the Basic configurations whose passwords are ours.
_USER = "streetsense"


def why_closed(*, may_ask: bool) -> str:
    """Open the store and return why it stays closed, `OFF` or `LOCKED`; empty when it is open.

    Parameters
    ----------
    may_ask : bool
        Whether QGIS may ask for its master password: only when somebody just wanted what it protects.
    """
    manager = QgsApplication.authManager()
    if manager.isDisabled():
        return OFF
    is_open = manager.masterPasswordIsSet() or (may_ask and manager.setMasterPassword(True))
    return "" if is_open else LOCKED


def is_stored(authcfg: str) -> bool:
    """Tell whether there is a configuration of this id; it may be locked."""
    return bool(authcfg) and authcfg in QgsApplication.authManager().configIds()


def read_password(authcfg: str) -> str:
    """Return the password of a configuration of the open store; empty when there is none."""
    config = QgsAuthMethodConfig()
    answer = QgsApplication.authManager().loadAuthenticationConfig(authcfg, config, True)
    is_there, config = answer if isinstance(answer, tuple) else (answer, config)
    return str(config.config("password")) if is_there else ""


def store_password(password: str, authcfg: str, name: str) -> str:
    """Write a password into the open store and return the configuration's id; empty when it cannot be written.

    Parameters
    ----------
    password : str
        What is to be kept.
    authcfg : str
        A configuration to change; empty, or gone: a new one is made.
    name : str
        What QGIS shows in its list.
    """
    manager = QgsApplication.authManager()
    config = QgsAuthMethodConfig("Basic")
    config.setName(name)
    config.setConfig("username", _USER)
    config.setConfig("password", password)
    if is_stored(authcfg):
        config.setId(authcfg)
        is_done = manager.updateAuthenticationConfig(config)
    else:
        answer = manager.storeAuthenticationConfig(config)
        is_done, config = answer if isinstance(answer, tuple) else (answer, config)
    return str(config.id()) if is_done else ""


def remove_password(authcfg: str) -> bool:
    """Take a configuration out of the store; return whether it is gone."""
    return not is_stored(authcfg) or bool(QgsApplication.authManager().removeAuthenticationConfig(authcfg))


def password_file() -> str:
    """Return the file of the store, which newer versions of QGIS name otherwise."""
    ask = getattr(QgsApplication.authManager(), "authenticationDatabasePath", None)
    return str(ask()) if ask is not None else "qgis-auth.db"
