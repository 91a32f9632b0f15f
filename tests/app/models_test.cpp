#include "refrain/app/models.h"

#include "refrain/models/text/slow_predictor.h"

#include "app/tea_model_file.h"
#include "support/run.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

namespace refrain::app {
namespace {

class Models : public ::testing::Test {
protected:
  testing::TempDir dir_;
  Settings settings_;
  boost::asio::io_context loop_{
      1};  // before the pool, which is joined first: it answers to the loop
  boost::asio::thread_pool pool_{1};
};

TEST_F(Models, PredictWithTheModelOfDebian) {
  const auto predictor = make_predictor(settings_, pool_);

  ASSERT_TRUE(predictor) << predictor.error().message();
  const auto predictions = testing::run(
      loop_, (*predictor)->predict(PredictionRequest("thank ", 2, 1, PredictionMode::kNext)));
  ASSERT_TRUE(predictions);
  EXPECT_EQ(predictions->size(), 2U);
  EXPECT_EQ(dynamic_cast<SlowPredictor*>(predictor->get()), nullptr);
}

TEST_F(Models, AreSlowIfAskedTo) {
  settings_.is_text_slow = true;
  settings_.text_model = testing::write_tea_model(dir_.path());

  const auto predictor = make_predictor(settings_, pool_);

  ASSERT_TRUE(predictor);
  EXPECT_NE(dynamic_cast<SlowPredictor*>(predictor->get()), nullptr);
}

TEST_F(Models, SayWhichFileIsMissingAndWhatToDo) {
  settings_.text_model = dir_.path() / "absent.lm.bin";

  const auto predictor = make_predictor(settings_, pool_);

  ASSERT_FALSE(predictor);
  EXPECT_EQ(predictor.error().field(), "text-model");
  EXPECT_NE(predictor.error().message().find(settings_.text_model.string()), std::string::npos);
  EXPECT_NE(predictor.error().message().find("--text-model"), std::string::npos);
}

TEST_F(Models, RefuseAFileThatIsNoModel) {
  settings_.text_model = dir_.path() / "wrong.lm.bin";
  std::ofstream(settings_.text_model) << "not a model";

  EXPECT_FALSE(make_predictor(settings_, pool_));
}

TEST_F(Models, DrawWithTheDelayOfTheSettings) {
  settings_.mock_delay = {};

  const auto generator = make_sticker_generator(settings_, pool_);

  ASSERT_TRUE(generator) << generator.error().message();
  StickerRequest request("a happy cat");
  request.size = 64;
  const auto sticker = testing::run(loop_, (*generator)->generate(request));
  ASSERT_TRUE(sticker);
  EXPECT_TRUE(sticker->bytes.starts_with("\x89PNG"));
}

}  // namespace
}  // namespace refrain::app
