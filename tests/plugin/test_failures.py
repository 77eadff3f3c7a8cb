"""What pip and Python print when an installation fails, as sentences with a next step."""

from __future__ import annotations

import pytest
from streetsense_qgis.connection.command import Outcome
from streetsense_qgis.connection.failures import FAILURES, classify, explain, may_be_elsewhere

RETRY = "WARNING: Retrying (Retry(total=0, connect=None, read=None, status=None)) after connection broken by "
NONE = (
    "ERROR: Could not find a version that satisfies the requirement {0} (from versions: {1})\n"
    "ERROR: No matching distribution found for {0}"
)
OUTPUTS = [
    ("disk-full", "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"),
    ("disk-full", "OSError: [WinError 112] There is not enough space on the disk"),
    ("disk-full", "ERROR: Could not install packages due to an OSError: [Errno 122] Disk quota exceeded: '/home/a'"),
    (
        "proxy-login",
        RETRY + "'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication "
        "Required'))': /simple/torch/\n" + NONE.format("torch==2.13.0", "none"),
    ),
    ("socks", "ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support."),
    (
        "certificate",
        RETRY + "'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "self-signed certificate in certificate chain (_ssl.c:1002)'))': /simple/torch/\n"
        + NONE.format("torch==2.13.0", "none"),
    ),
    (
        "certificate",
        "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate bundle, "
        "invalid path: C:\\Program Files\\QGIS\\bin\\curl-ca-bundle.crt",
    ),
    (
        "damaged",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package "
        "versions, please update the hashes.",
    ),
    ("damaged", "ERROR: Wheel 'torch' located at /tmp/pip-unpack-x/torch.whl is invalid."),
    ("damaged", "zipfile.BadZipFile: Bad magic number for central directory"),
    (
        "damaged",
        "error: incomplete-download\n\n× Download failed because not enough bytes were received (12 MB/191 MB)",
    ),
    (
        "long-path",
        "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: 'C:\\\\Users\\\\a'\n"
        "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.",
    ),
    (
        "locked",
        "ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: "
        "'c:\\\\users\\\\a\\\\engine\\\\lib\\\\site-packages\\\\~orch\\\\lib\\\\asmjit.dll'\nCheck the permissions.",
    ),
    (
        "locked",
        "ERROR: Could not install packages due to an OSError: [WinError 32] Der Prozess kann nicht auf die Datei "
        "zugreifen: 'C:\\\\Temp\\\\pip-unpack-mu5\\\\torch-2.13.0-cp312-cp312-win_amd64.whl'",
    ),
    ("no-permission", "Error: [Errno 13] Permission denied: '/srv/engine/0.1.0'"),
    ("no-permission", "OSError: [Errno 30] Read-only file system: '/mnt/engine'"),
    (
        "old-system",
        "ImportError: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by /home/a/torch/lib/libtorch_cpu.so)",
    ),
    ("old-system", "ERROR: streetsense-0.1.0-cp311-win32.whl is not a supported wheel on this platform."),
    (
        "visual-c",
        "OSError: [WinError 126] The specified module could not be found. Error loading "
        '"C:\\Users\\a\\engine\\Lib\\site-packages\\torch\\lib\\fbgemm.dll" or one of its dependencies.',
    ),
    ("visual-c", "ImportError: DLL load failed while importing _C: The specified procedure could not be found."),
    ("memory", 'Traceback (most recent call last):\n  File "x"\nMemoryError'),
    ("memory", "OSError: [Errno 12] Cannot allocate memory"),
    (
        "no-network",
        RETRY + "'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to "
        "establish a new connection: [Errno -2] Name or service not known')': /simple/torch/\n"
        + NONE.format("torch==2.13.0", "none"),
    ),
    (
        "no-network",
        RETRY + "'ConnectTimeoutError(<x>, 'Connection to index timed out. (connect timeout=30)')': /simple/",
    ),
    ("no-network", "socket.gaierror: [Errno 11001] getaddrinfo failed"),
    ("no-network", "ERROR: HTTPSConnectionPool(host='files', port=443): Read timed out."),
    (
        "no-network",
        RETRY + "'SSLError(SSLEOFError(8, 'EOF occurred in violation of protocol (_ssl.c:1007)'))': /simple/",
    ),
    ("index-refuses", "ERROR: HTTP error 403 while getting https://index/torch.whl"),
    ("index-refuses", "ERROR: 503 Server Error: Service Unavailable for url: https://index/simple/torch/"),
    ("no-version", NONE.format("streetsense==0.1.0", "none")),
    ("no-version", NONE.format("streetsense==0.2.0", "0.1.0")),
    (
        "wrong-python",
        "ERROR: Ignored the following versions that require a different python version: 2.13.0 Requires-Python <3.14\n"
        + NONE.format("torch==2.13.0", "none"),
    ),
    ("wrong-python", "ERROR: Package 'streetsense' requires a different Python: 3.10.2 not in '>=3.11'"),
    ("no-build", NONE.format("rasterio>=1.4", "none")),
    ("no-build", NONE.format("torch==2.13.0", "1.13.0, 2.0.0")),
    ("conflict", "ERROR: ResolutionImpossible: for help visit the documentation of dependency conflicts"),
    (
        "no-venv",
        "The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu "
        "systems, you need to install the python3-venv package.",
    ),
    ("no-venv", "/usr/bin/python3: No module named venv"),
]


@pytest.mark.parametrize(("name", "output"), OUTPUTS)
def test_outputs_are_recognised(name: str, output: str) -> None:
    failure = classify("Collecting torch\n" + output)
    assert failure is not None and failure.name == name


def test_every_class_has_an_output_and_one_sentence_with_a_next_step() -> None:
    assert {name for name, _output in OUTPUTS} == {failure.name for failure in FAILURES}
    for failure in FAILURES:
        sentence = failure.sentence()
        assert sentence.endswith(".") and ": " in sentence and "Errno" not in sentence
        assert failure.kind in ("disk", "network", "certificate", "environment")


def test_a_warning_that_did_not_matter_is_not_the_reason() -> None:
    output = (
        RETRY + "'NewConnectionError('Failed to establish a new connection')': /whl/cpu/torch/\nNo space left on device"
    )
    assert explain(Outcome(1, output)).kind == "disk"


def test_what_worked_is_no_failure() -> None:
    assert classify("Collecting torch\n  Downloading torch-2.13.0.whl (191.8 MB)\nSuccessfully installed torch") is None


def test_a_child_that_the_system_killed_ran_out_of_memory() -> None:
    assert "memory" in str(explain(Outcome(9, "Installing collected packages: torch", crashed=True)))


def test_an_illegal_instruction_means_an_old_processor() -> None:
    assert "processor" in str(explain(Outcome(4, "", crashed=True)))


def test_a_program_that_is_not_there_and_one_that_hangs_are_told() -> None:
    assert "does not start" in str(explain(Outcome(127, "execvp: No such file", started=False)))
    assert "in time" in str(explain(Outcome(9, "", timed_out=True)))


def test_an_unknown_failure_tells_its_last_error_shortly_and_where_to_look() -> None:
    error = explain(Outcome(1, "Collecting x\nValueError: " + "long " * 100 + "\nsome more"))
    assert "ValueError: long" in str(error) and "log" in str(error) and len(str(error)) < 320


def test_only_a_missing_package_is_looked_for_elsewhere() -> None:
    assert may_be_elsewhere(Outcome(1, NONE.format("torch==2.13.0+cpu", "2.13.0")))
    assert not may_be_elsewhere(Outcome(1, "OSError: [Errno 28] No space left on device"))
