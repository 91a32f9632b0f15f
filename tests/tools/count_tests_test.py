"""tools/count_tests counts a test as passed only if it ran and passed."""

import unittest

from tool_test import ToolTest

PASSED = '<testcase name="A.Passes" status="run"/>'
FAILED = '<testcase name="A.Fails" status="fail"><failure message=""/></testcase>'
SKIPPED = '<testcase name="A.Skips" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>'
DISABLED = '<testcase name="A.IsOff" status="disabled"/>'


class CountTests(ToolTest):
    def count(self, *runs):
        files = [self.write(f"{number}.xml", f"<testsuite>{''.join(cases)}</testsuite>") for number, cases in enumerate(runs)]
        return self.run_tool("count_tests", *files)

    def test_adds_up_runs(self):
        result = self.count([PASSED, PASSED], [PASSED])

        self.assertEqual((result.returncode, result.stdout), (0, "3 0\n"))

    def test_names_what_failed(self):
        result = self.count([PASSED, FAILED])

        self.assertEqual((result.returncode, result.stdout), (1, "1 1\nA.Fails: failed\n"))

    def test_counts_a_skipped_test_as_failed(self):
        result = self.count([PASSED, SKIPPED])

        self.assertEqual(result.returncode, 1)
        self.assertIn("1 1\nA.Skips: skipped", result.stdout)

    def test_counts_a_disabled_test_as_failed(self):
        result = self.count([PASSED, DISABLED])

        self.assertEqual((result.returncode, result.stdout), (1, "1 1\nA.IsOff: not run (disabled)\n"))

    def test_fails_if_nothing_ran(self):
        result = self.count([])

        self.assertEqual((result.returncode, result.stdout), (1, "0 0\n"))


if __name__ == "__main__":
    unittest.main()
