"""tools/coverage_table adds up lines by folder and leaves other trees out."""

import json
import unittest

from tool_test import ToolTest


class CoverageTable(ToolTest):
    def table(self, files):
        measured = [{"filename": name, "summary": {"lines": {"covered": c, "count": n}}} for name, c, n in files]
        return self.run_tool("coverage_table", self.tree, given=json.dumps({"data": [{"files": measured}]}))

    def test_adds_up_by_folder_and_in_total(self):
        result = self.table([(f"{self.tree}/core/a.cpp", 9, 10), (f"{self.tree}/core/b.h", 1, 10), (f"{self.tree}/disk/c.cpp", 20, 20)])

        self.assertEqual([line.split() for line in result.stdout.splitlines()], [
            ["core", "10", "of", "20", "lines", "50.0", "%"],
            ["disk", "20", "of", "20", "lines", "100.0", "%"],
            ["total", "30", "of", "40", "lines", "75.0", "%"],
        ])

    def test_leaves_out_files_of_other_trees(self):
        result = self.table([("/usr/include/x.h", 0, 1000), (f"{self.tree}/core/a.cpp", 1, 1)])

        self.assertNotIn("1001", result.stdout)

    def test_fails_if_no_file_of_ours_was_measured(self):
        self.assertEqual(self.table([("/usr/include/x.h", 0, 1000)]).returncode, 1)


if __name__ == "__main__":
    unittest.main()
