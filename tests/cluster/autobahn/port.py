"""Makes the installed autobahntestsuite, which is written in Python 2, run on Python 3.

What is made of it is the client that fuzzes and its cases; WAMP, the servers and the reports in HTML are
left out. It is changed where it is installed: run it once in the virtual environment that has it.

In Python 2 a text is bytes. Here each of the suite's texts is one of Latin-1, with one letter a byte; run.py
makes bytes of them where they go to the socket and letters where they come from it.
"""

import importlib.util
import pathlib
import re

from fissix.refactor import RefactoringTool, get_fixers_from_package

PACKAGE = '''from ._version import __version__ as version


def hexed(data):
   return (data.encode("latin-1") if isinstance(data, str) else data).hex()
'''
REPORT = "CSS_COMMON = CSS_DETAIL_REPORT = CSS_MASTER_REPORT = JS_MASTER_REPORT = None\n"
# What 2to3 does not know of.
FIXES = [
    # The source is read as Latin-1, whatever it says.
    (r"coding=utf-8", ""),
    (r"binascii\.b2a_hex\(", "autobahntestsuite.hexed("),
    (r"^import binascii$", "import autobahntestsuite"),
    (r"validate\(vss\[:i\]\)", 'validate(vss[:i].encode("latin-1"))'),
    # A class that names its base's base first.
    (r"\(object, Case, \)", "(Case,)"),
    # A case that is in no list, of an interface that Twisted has no more.
    (r"^from case9_9_1 import \*$", ""),
    # TLS, for which another package would be needed.
    (r"import reactor, ssl", "import reactor"),
    (r"len\(self\.payload\) / ", "len(self.payload) // "),
]

root = pathlib.Path(importlib.util.find_spec("autobahntestsuite").origin).parent
tool = RefactoringTool(get_fixers_from_package("fissix.fixes"))
for path in [root / "fuzzing.py", root / "caseset.py", *sorted((root / "case").glob("*.py"))]:
    text = path.read_bytes().decode("latin-1").replace("\r\n", "\n").expandtabs(3).rstrip() + "\n"
    for what, by in FIXES:
        text = re.sub(what, by, text, flags=re.MULTILINE)
    text = str(tool.refactor_string(text, str(path)))
    path.write_bytes(("# coding: latin-1\n" + text).encode("latin-1"))
(root / "report.py").write_text(REPORT)
(root / "__init__.py").write_text(PACKAGE)
