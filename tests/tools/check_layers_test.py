"""tools/check_layers catches each violation when it is planted, and only then."""

import unittest

from tool_test import ToolTest


class CheckLayers(ToolTest):
    def setUp(self):
        super().setUp()
        # A small tree in which every rule holds.
        self.write("src/refrain/core/hex.h", "#pragma once\nstd::string to_hex(int value);\n")
        self.write("src/refrain/core/hex.cpp", '#include "refrain/core/hex.h"\n')
        self.write("tests/core/hex_test.cpp", "TEST(Hex, HasTwoDigitsAByte) {}\n")
        self.write("src/refrain/disk/store.h", '#pragma once\n#include "refrain/cache/tier.h"\n#include "refrain/core/hex.h"\n')
        self.write("src/refrain/cache/tier.h", "#pragma once\n")

    def check(self):
        return self.run_tool("check_layers", self.tree)

    def assert_caught(self, *parts):
        result = self.check()
        self.assertEqual(result.returncode, 1, result.stdout)
        for part in parts:
            self.assertIn(part, result.stdout)
        self.assertIn("1 violations", result.stdout)

    def test_passes_a_tree_in_which_every_rule_holds(self):
        result = self.check()

        self.assertEqual(result.returncode, 0, result.stdout)

    def test_catches_an_include_against_the_arrows(self):
        self.write("src/refrain/cache/entry.h", '#include "refrain/redis/client.h"\n')

        self.assert_caught("src/refrain/cache/entry.h:1: cache includes redis")

    def test_catches_a_sibling_tier(self):
        self.write("src/refrain/memory/map.h", '#pragma once\n\n# include "refrain/disk/store.h"\n')

        self.assert_caught("src/refrain/memory/map.h:3: memory includes disk")

    def test_lets_app_include_every_layer(self):
        self.write("src/refrain/app/serve.h", '#include "refrain/disk/store.h"\n#include "refrain/services/routes.h"\n')

        self.assertEqual(self.check().returncode, 0)

    def test_does_not_let_services_include_app(self):
        self.write("src/refrain/services/routes.h", '#include "refrain/app/options.h"\n')

        self.assert_caught("services includes app")

    def test_catches_an_include_by_another_name(self):
        self.write("src/refrain/core/mutex.h", '#include "hex.h"\n')

        self.assert_caught('our headers are named "refrain/LAYER/')

    def test_catches_a_folder_that_is_no_layer(self):
        self.write("src/refrain/extras/thing.h")

        self.assert_caught("lies in no layer")

    def test_catches_a_source_without_a_test(self):
        self.write("src/refrain/core/sha256.cpp")

        self.assert_caught("core/sha256.cpp: has no test; expected tests/core/sha256_test.cpp")

    def test_catches_a_deciding_header_without_a_test(self):
        self.write("src/refrain/core/clamp.h", "inline int clamp(int x) {\n  if (x < 0) return 0;\n  return x;\n}\n")

        self.assert_caught("core/clamp.h: has no test")

    def test_does_not_take_a_test_of_another_layer(self):
        self.write("src/refrain/disk/hex.cpp")

        self.assert_caught("disk/hex.cpp: has no test")

    def test_asks_no_test_of_an_interface(self):
        self.write("src/refrain/core/log.h", "#if defined(__clang__)\n#endif\nclass Log {\npublic:\n  virtual void write() = 0;  // if asked\n};\n")

        self.assertEqual(self.check().returncode, 0)

    def test_catches_reading_the_environment(self):
        self.write("src/refrain/core/hex.cpp", 'auto x = std::getenv("HOME");\n')

        self.assert_caught("hex.cpp:1: reads the environment")

    def test_catches_printing(self):
        for line in ("std::cout << 1;", 'std::printf("%d", 1);', 'fprintf(stderr, "x");', "std::cerr << x;"):
            with self.subTest(line):
                self.write("src/refrain/core/hex.cpp", line)

                self.assert_caught("hex.cpp:1: prints")

    def test_catches_ending_the_process(self):
        for line in ("std::abort();", "exit(1);", "::_exit(2);", "std::terminate();"):
            with self.subTest(line):
                self.write("src/refrain/core/hex.cpp", line)

                self.assert_caught("hex.cpp:1: ends the process")

    def test_lets_app_print_and_read_the_environment(self):
        self.write("src/refrain/app/serve.cpp", 'int x = std::getenv("A") ? std::printf("x") : 1;\n')
        self.write("src/refrain/app/main.cpp")
        self.write("tests/app/serve_test.cpp")

        self.assertEqual(self.check().returncode, 0, self.check().stdout)

    def test_does_not_take_words_or_members_for_calls(self):
        self.write(
            "src/refrain/core/hex.cpp",
            '// abort() would be wrong\n/* std::cout\n printf( */ auto text = "exit(1)";\nstd::snprintf(a, 1, b);\npool.exit();\n'
            'auto raw = R"(std::cerr << "x")";\nchar quote = \'"\'; int big = 1\'000; char other = \'"\';\n',
        )

        self.assertEqual(self.check().returncode, 0, self.check().stdout)

    def test_counts_lines_through_comments(self):
        self.write("src/refrain/core/hex.cpp", "/* one\ntwo */\nabort();\n")

        self.assert_caught("hex.cpp:3: ends the process")

    def test_catches_a_test_that_is_switched_off(self):
        for line in ("  GTEST_SKIP();", "TEST(Hex, DISABLED_Works) {}"):
            with self.subTest(line):
                self.write("tests/core/hex_test.cpp", line)

                self.assert_caught("tests/core/hex_test.cpp:1: a test is switched off")

    def test_catches_a_name_that_says_nothing(self):
        self.write("src/refrain/core/string_utils.h")

        self.assert_caught("'string_utils' says nothing")

    def test_fails_where_there_are_no_sources(self):
        result = self.run_tool("check_layers", self.tree / "tests")

        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main()
