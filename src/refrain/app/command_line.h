#pragma once

/// @file
/// `refrain COMMAND …`.

namespace refrain::app {

/// Runs the program: 0 if it did what was asked, 1 if it could not, 2 if the command line is wrong.
int run_program(int argc, char** argv);

}  // namespace refrain::app
