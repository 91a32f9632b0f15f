"""tools/install_dependencies names each package once, with a reason, and tells a caller's mistakes."""

import re
import unittest

from tool_test import ROOT, ToolTest


class InstallDependencies(ToolTest):
    def packages(self, group):
        return self.run_tool("install_dependencies", "--list", group).stdout.split()

    def test_gives_each_package_once_and_with_a_reason(self):
        text = (ROOT / "tools/install_dependencies").read_text(encoding="utf-8")
        rows = re.findall(r"^(?:run|check|bench) +(\S+) *(.*)$", text, re.MULTILINE)

        self.assertEqual([package for package, _ in rows], self.packages("bench"))
        self.assertEqual(len(rows), len({package for package, _ in rows}))
        self.assertTrue(all(len(reason) > 5 for _, reason in rows))

    def test_includes_the_groups_before(self):
        self.assertLess(set(self.packages("run")), set(self.packages("check")))
        self.assertLess(set(self.packages("check")), set(self.packages("bench")))

    def test_refuses_an_unknown_group(self):
        result = self.run_tool("install_dependencies", "everything")

        self.assertEqual(result.returncode, 1)
        self.assertIn("unknown group 'everything'", result.stderr)

    def test_asks_for_a_group(self):
        result = self.run_tool("install_dependencies")

        self.assertEqual(result.returncode, 1)
        self.assertIn("name a group", result.stderr)


if __name__ == "__main__":
    unittest.main()
