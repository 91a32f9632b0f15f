"""What the tests of the check scripts share: a script run on a small tree of files."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class ToolTest(unittest.TestCase):
    """A test with an empty folder `self.tree` of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="refrain-tool-test-")
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)

    def write(self, path, text=""):
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run_tool(self, name, *arguments, given=""):
        command = [ROOT / "tools" / name, *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, check=False)
