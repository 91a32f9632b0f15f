#include "refrain/models/text/prediction_request.h"

#include "refrain/models/text/caret_context.h"

namespace refrain {

std::string_view to_string(PredictionMode mode) {
  switch (mode) {
    case PredictionMode::kAuto:
      return "auto";
    case PredictionMode::kNext:
      return "next";
    case PredictionMode::kComplete:
      return "complete";
  }
  return "unknown";
}

PredictionMode resolve_mode(PredictionMode mode, std::string_view text) {
  if (mode != PredictionMode::kAuto) return mode;
  const CaretContext caret(text, PredictionMode::kComplete);
  return caret.typed().empty() ? PredictionMode::kNext : PredictionMode::kComplete;
}

}  // namespace refrain
