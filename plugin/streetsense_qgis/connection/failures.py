"""What went wrong while the engine was installed: what pip and Python print, in one sentence with the next step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..i18n import tr
from .command import Outcome
from .errors import EngineError


@dataclass(frozen=True)
class Failure:
    """A class of failures.

    Attributes
    ----------
    name : str
        For programs, such as ``disk-full``.
    kind : str
        Of the `EngineError`.
    signs : str
        Regular expression; what the output has in it, whatever the case.
    sentence : callable
        Returns the sentence, in the user's language.
    """

    name: str
    kind: str
    signs: str
    sentence: Callable[[], str]


#: In this order: the first that is found is told. What comes first causes what comes later: a full disk shows as a
#: broken download, a proxy that wants a login as a package that is not there.
FAILURES = (
    Failure(
        "disk-full",
        "disk",
        r"no space left on device|errno 28\b|winerror 112\b|not enough space on the disk|disk quota exceeded"
        r"|errno 122\b",
        lambda: tr(
            "Install",
            "The disk is full: free some space, or choose a data folder on another disk in the settings of "
            "StreetSense, then install again.",
        ),
    ),
    Failure(
        "proxy-login",
        "network",
        r"\b407\b.{0,40}(proxy|authentication)|proxy authentication required",
        lambda: tr(
            "Install",
            "The proxy of this network wants a login: enter its user and password in QGIS' settings (Network), then "
            "install again.",
        ),
    ),
    Failure(
        "socks",
        "network",
        r"missing dependencies for socks support",
        lambda: tr(
            "Install",
            "The engine cannot be downloaded through a SOCKS proxy: set an HTTP proxy in QGIS' settings (Network), or "
            "install from a wheel file with its packages.",
        ),
    ),
    Failure(
        "certificate",
        "certificate",
        r"certificate_verify_failed|certificate verify failed|self.signed certificate|unable to get local issuer"
        r"|could not find a suitable tls ca",
        lambda: tr(
            "Install",
            "The certificate of the download server is not trusted here, as in networks that read along: ask your IT "
            "department for its root certificate and for pip's setting “cert”, then install again.",
        ),
    ),
    Failure(
        "damaged",
        "network",
        r"do not match the hashes|badzipfile|bad magic number for central directory|zlib\.error|incompleteread"
        r"|incomplete-download|incomplete download|invalid wheel|is not a valid wheel|file is not a zip file"
        r"|located at .+ is invalid",
        lambda: tr(
            "Install",
            "A downloaded file is damaged: install again, and where a wheel file is given, get that file again.",
        ),
    ),
    Failure(
        "long-path",
        "disk",
        r"winerror 206\b|windows long path support|file ?name too long|errno 36\b",
        lambda: tr(
            "Install",
            "The path of the data folder is too long for this system: choose a shorter one, such as a folder at the "
            "top of a disk, in the settings of StreetSense.",
        ),
    ),
    Failure(
        "locked",
        "disk",
        r"winerror 5\b|winerror 32\b|being used by another process|text file busy",
        lambda: tr(
            "Install",
            "Another program holds files of the engine, often a virus scanner or an engine that still runs: close "
            "other QGIS windows, except the data folder from scanning if you may, then install again.",
        ),
    ),
    Failure(
        "no-permission",
        "disk",
        r"permission denied|permissionerror|errno 13\b|read-only file system|errno 30\b|operation not permitted",
        lambda: tr(
            "Install",
            "You may not write in the data folder: choose one of your own in the settings of StreetSense, then "
            "install again.",
        ),
    ),
    Failure(
        "old-system",
        "environment",
        r"version .glibc_[\d.]+. not found|glibcxx_[\d.]+. not found|is not a supported wheel on this platform",
        lambda: tr(
            "Install",
            "This system is too old for the engine, or of a kind that it is not built for: update the system, or "
            "choose a remote host in the settings of StreetSense.",
        ),
    ),
    Failure(
        "visual-c",
        "environment",
        r"winerror 126\b|winerror 127\b|winerror 1114\b|dll load failed|vcruntime|visual c\+\+ redistributable",
        lambda: tr(
            "Install",
            "PyTorch does not start, because a library of Windows is missing or old: install the current Microsoft "
            "Visual C++ Redistributable (x64), then install again.",
        ),
    ),
    Failure(
        "memory",
        "environment",
        r"\bmemoryerror\b|cannot allocate memory|errno 12\b|^killed$|out of memory|winerror 1455\b|winerror 8\b",
        lambda: tr(
            "Install",
            "This computer ran out of memory: close other programs, then install again.",
        ),
    ),
    Failure(
        "no-network",
        "network",
        r"failed to establish a new connection|name or service not known|getaddrinfo failed|name resolution"
        r"|nodename nor servname|connecttimeout|read timed out|connection (to \S+ )?timed out|connection refused"
        r"|network is unreachable|no route to host|max retries exceeded|connection aborted|connection reset"
        r"|remotedisconnected|connection broken|cannot connect to proxy|actively refused it|readtimeouterror"
        r"|\bsslerror\b",
        lambda: tr(
            "Install",
            "The package index cannot be reached: check the internet connection and the proxy in QGIS' settings "
            "(Network), or install from a wheel file with its packages.",
        ),
    ),
    Failure(
        "index-refuses",
        "network",
        r"http error [45]\d\d|\b[45]\d\d (client|server) error|too many requests|\b403 forbidden",
        lambda: tr(
            "Install",
            "The package index refuses to answer: try again later, or ask your IT department whether it is blocked.",
        ),
    ),
    Failure(
        "no-version",
        "environment",
        r"(satisfies the requirement|distribution found for) streetsense==",
        lambda: tr(
            "Install",
            "The package index does not have the version of the engine that belongs to this StreetSense: update "
            "StreetSense in QGIS, or give the engine's wheel file.",
        ),
    ),
    Failure(
        "wrong-python",
        "environment",
        r"require[sd]? a different python|requires-python|requires python ['\"<>=\d]|not in '[<>=]+3",
        lambda: tr(
            "Install",
            "The engine cannot be installed with this version of Python: install Python 3.12 from python.org, then "
            "install again.",
        ),
    ),
    Failure(
        "no-build",
        "environment",
        r"could not find a version that satisfies|no matching distribution found",
        lambda: tr(
            "Install",
            "There is no build of a package that the engine needs for this system: update the system, or choose a "
            "remote host in the settings of StreetSense.",
        ),
    ),
    Failure(
        "conflict",
        "environment",
        r"resolutionimpossible|conflicting dependencies",
        lambda: tr(
            "Install",
            "The packages of the engine do not fit together at the moment: update StreetSense in QGIS, and report it "
            "with the log when that does not help.",
        ),
    ),
    Failure(
        "no-venv",
        "environment",
        r"ensurepip is not\s+available|no module named '?(ensurepip|venv)|returned non-zero exit status.*ensurepip",
        lambda: tr(
            "Install",
            "This Python cannot make environments: install its package for that (python3-venv on Debian and Ubuntu), "
            "or Python 3.12 from python.org, then install again.",
        ),
    ),
)

#: Ended by the system: on Linux nearly always because memory ran out.
_KILLED, _ILLEGAL_INSTRUCTION = 9, 4
#: Failures after which the same package from elsewhere may do.
_ELSEWHERE = ("certificate", "no-network", "index-refuses", "no-build", "no-version", "proxy-login")
_FIND = {failure.name: re.compile(failure.signs, re.IGNORECASE | re.MULTILINE) for failure in FAILURES}


def classify(output: str) -> Failure | None:
    """Return the class that an output belongs to, ``None`` when it is of no known one."""
    return next((failure for failure in FAILURES if _FIND[failure.name].search(output)), None)


def may_be_elsewhere(outcome: Outcome) -> bool:
    """Return whether asking another package index makes sense after this outcome."""
    failure = classify(outcome.output)
    return failure is not None and failure.name in _ELSEWHERE


def explain(outcome: Outcome) -> EngineError:
    """Return the error for people, for a command that did not succeed."""
    if outcome.crashed and outcome.code == _KILLED:
        return _error("memory")
    if outcome.crashed and outcome.code == _ILLEGAL_INSTRUCTION:
        sentence = tr(
            "Install",
            "The processor of this computer is too old for PyTorch: choose a remote host in the settings of "
            "StreetSense.",
        )
        return EngineError(sentence, "environment")
    if not outcome.started:
        sentence = tr("Install", "Python does not start ({why}): install the engine again.")
        return EngineError(sentence.format(why=outcome.output), "environment")
    if outcome.timed_out:
        sentence = tr("Install", "Python did not answer in time: try again when this computer has less to do.")
        return EngineError(sentence, "environment")
    failure = classify(outcome.output)
    if failure is not None:
        return EngineError(failure.sentence(), failure.kind)
    sentence = tr(
        "Install", "The engine could not be installed: {last} Read the log, or report it with the log, please."
    )
    return EngineError(sentence.format(last=_last_word(outcome.output)), "environment")


def _error(name: str) -> EngineError:
    failure = next(failure for failure in FAILURES if failure.name == name)
    return EngineError(failure.sentence(), failure.kind)


def _last_word(output: str) -> str:
    """Return the line that says most: the last error, else the last line, short and as a sentence."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(error|fatal|\w*error|\w*exception)\b", line, re.IGNORECASE)]
    last = (errors or lines or [""])[-1]
    last = last if len(last) <= 200 else last[:200] + "…"
    return last if not last or last[-1] in ".!?…" else last + "."
