#include "refrain/app/command_line.h"

int main(int argc, char** argv) {
  return refrain::app::run_program(argc, argv);
}
