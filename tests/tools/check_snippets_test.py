"""tools/check_snippets takes equal blocks and catches every way of not being equal."""

import unittest

from tool_test import ToolTest

SOURCE = """int main() {
  // snippet: hit
  auto entry = cache.find(key);
    use(entry);
  // end snippet
}
"""


class CheckSnippets(ToolTest):
    def check(self, document, source=SOURCE, path="examples/hit.cpp"):
        self.write(path, source)
        self.write("README.md", document)
        return self.run_tool("check_snippets", self.tree)

    def block(self, body, marker="<!-- snippet: examples/hit.cpp#hit -->", language="cpp"):
        return f"# Title\n\n{marker}\n```{language}\n{body}\n```\n"

    def test_takes_a_block_that_equals_its_region_without_its_indentation(self):
        result = self.check(self.block("auto entry = cache.find(key);\n  use(entry);"))

        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("1 of 1", result.stdout)

    def test_shows_the_difference_of_a_block_that_does_not(self):
        result = self.check(self.block("auto entry = cache.lookup(key);\n  use(entry);"))

        self.assertEqual(result.returncode, 1)
        self.assertIn("README.md:3: differs", result.stdout)
        self.assertIn("-auto entry = cache.find(key);", result.stdout)
        self.assertIn("+auto entry = cache.lookup(key);", result.stdout)

    def test_takes_shell_regions(self):
        source = "#!/bin/sh\n# snippet: hit\ncurl localhost\n# end snippet\n"

        result = self.check(self.block("curl localhost", language="sh"), source)

        self.assertEqual(result.returncode, 0, result.stdout)

    def test_leaves_unmarked_blocks_alone(self):
        result = self.check("```cpp\nanything\n```\n")

        self.assertEqual(result.returncode, 0)
        self.assertIn("0 of 0", result.stdout)

    def test_reads_documents_in_folders_of_docs(self):
        self.write("docs/adr/0001.md", self.block("wrong"))

        result = self.check("")

        self.assertIn("docs/adr/0001.md:3", result.stdout)
        self.assertEqual(result.returncode, 1)

    def test_catches_a_missing_file(self):
        result = self.check(self.block("x", "<!-- snippet: examples/none.cpp#hit -->"))

        self.assertEqual(result.returncode, 1)
        self.assertIn("does not exist", result.stdout)

    def test_catches_a_missing_region(self):
        result = self.check(self.block("x", "<!-- snippet: examples/hit.cpp#miss -->"))

        self.assertEqual(result.returncode, 1)
        self.assertIn("has no snippet called 'miss'", result.stdout)

    def test_catches_a_region_that_does_not_end(self):
        result = self.check(self.block("x"), "// snippet: hit\nx\n")

        self.assertEqual(result.returncode, 1)
        self.assertIn("does not end", result.stdout)

    def test_catches_two_regions_of_one_name(self):
        result = self.check(self.block("x"), "// snippet: hit\nx\n// end snippet\n" * 2)

        self.assertEqual(result.returncode, 1)
        self.assertIn("two snippets called 'hit'", result.stdout)

    def test_catches_a_marker_without_a_block(self):
        result = self.check("<!-- snippet: examples/hit.cpp#hit -->\ntext\n")

        self.assertEqual(result.returncode, 1)
        self.assertIn("no fenced block follows", result.stdout)


if __name__ == "__main__":
    unittest.main()
